/**
 * `linux/seccomp`: which system calls the processes of a container may make. A profile in the format of Docker says it, that
 * of the agent's flag or one that the task names. Containers inside of another one, in which checks run, have its filter.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/linux/seccomp.cpp
 */
import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { readRegularFile } from '@meseta/system/regular-file';
import { systemProblem } from '@meseta/system/system-problem';
import { LaunchError } from '../../../errors.ts';
import { capabilityNames } from '../../linux-names.ts';
import { type PlannedSeccomp, seccompFilter } from '../../seccomp/planned-filter.ts';
import { type ProfileMachine, parseProfile, type SeccompProfile } from '../../seccomp/profile.ts';
import { SeccompProfileError } from '../../seccomp/profile-reader.ts';
import { ownArchitecture } from '../../seccomp/words.ts';
import type { Isolator } from '../isolator.ts';
import type { IsolatorParts } from '../isolator-parts.ts';

/** The isolator linux/seccomp cannot be used on this machine, or without a flag. */
export class SeccompError extends Error {
  override readonly name = 'SeccompError';
  readonly code = 'SECCOMP_UNAVAILABLE';
}

/**
 * Makes the isolator.
 *
 * @throws {SeccompError} the machine has no filters, or a flag is missing.
 * @throws {LaunchError} `INVALID` the profile of `--seccomp_profile_name` cannot be used.
 */
export async function linuxSeccomp({ flags, log }: IsolatorParts): Promise<Isolator> {
  const { seccomp_config_dir: directory, seccomp_profile_name: defaultName } = flags;
  const machine = await machineOf();
  if (directory === undefined) {
    throw new SeccompError('The isolator linux/seccomp needs --seccomp_config_dir, a directory of seccomp profiles');
  }
  const unlimited = await ownCapabilities();
  const profiles = new SeccompProfiles(directory, machine);
  const plan = async (name: string): Promise<PlannedSeccomp> => ({
    name,
    profile: await profiles.read(name),
    unlimited,
  });
  const byDefault = defaultName === undefined ? undefined : await plan(defaultName);
  if (byDefault) {
    seccompFilter(byDefault); // so that a mistake is reported now
    const { unknown } = byDefault.profile;
    if (unknown.length > 0) {
      log.warning('A seccomp profile names system calls that are not known here; they are refused', {
        profile: defaultName,
        system_calls: unknown.join(),
      });
    }
  }
  return {
    name: 'linux/seccomp',
    provides: ['seccomp'],
    supportsNesting: true,
    supportsStandalone: true,
    async prepare(_id, { container_info }) {
      const asked = container_info?.linux_info?.seccomp;
      if (asked === undefined) return byDefault && { seccomp: byDefault };
      const { unconfined = false, profile_name } = asked;
      if (unconfined && profile_name !== undefined) {
        throw invalid(
          "Invalid Seccomp configuration: 'profile_name' is given, and 'unconfined', which means no profile",
        );
      }
      if (unconfined) return undefined;
      if (profile_name === undefined) {
        throw invalid("Missing Seccomp profile name: set 'profile_name' of linux_info.seccomp, or 'unconfined'");
      }
      return { seccomp: await plan(profile_name) };
    },
  };
}

async function machineOf(): Promise<ProfileMachine> {
  const architecture = ownArchitecture();
  if (architecture === undefined) {
    throw new SeccompError(
      `The isolator linux/seccomp knows no system calls of ${process.arch}: x86_64 and aarch64 only`,
    );
  }
  await readFile('/proc/sys/kernel/seccomp/actions_avail').catch(cause => {
    const needs = 'The isolator linux/seccomp needs a kernel with seccomp filters (CONFIG_SECCOMP_FILTER, Linux 4.14)';
    throw new SeccompError(needs, { cause });
  });
  return { architecture, kernel: release() };
}

/** Returns the names of the capabilities that this process, and what it starts, can have. */
async function ownCapabilities(): Promise<string[]> {
  const digits = /^CapBnd:\t(.*)$/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1] ?? '0';
  const had = BigInt(`0x${digits}`);
  return capabilityNames.filter((_, number) => had & (1n << BigInt(number)));
}

const invalid = (message: string) => new LaunchError('INVALID', message);

/** The profiles of a directory, which may change at any time. One that has not changed is not parsed again. */
class SeccompProfiles {
  readonly #directory: string;
  readonly #machine: ProfileMachine;
  readonly #read = new Map<string, { readonly text: string; readonly profile: SeccompProfile }>();

  constructor(directory: string, machine: ProfileMachine) {
    this.#directory = directory;
    this.#machine = machine;
  }

  /** Reads a profile. A framework chooses the name, so it must not lead out of the directory. */
  async read(name: string): Promise<SeccompProfile> {
    if (name === '' || name.includes('\0') || name.startsWith('/') || name.split('/').includes('..')) {
      throw invalid(`Seccomp profile '${name}': the name must be that of a file in --seccomp_config_dir`);
    }
    const path = join(this.#directory, name);
    const text = await readRegularFile(path).then(String, cause => {
      throw new LaunchError('INVALID', `Failed to read Seccomp profile '${path}': ${systemProblem(cause)}`, { cause });
    });
    const known = this.#read.get(path);
    if (known?.text === text) return known.profile;
    const profile = this.#parse(path, text);
    this.#read.set(path, { text, profile });
    return profile;
  }

  #parse(path: string, text: string): SeccompProfile {
    try {
      return parseProfile(text, this.#machine);
    } catch (cause) {
      const { message } = cause as Error;
      const what = cause instanceof SeccompProfileError ? message : `it is no JSON: ${message}`;
      throw new LaunchError('INVALID', `Failed to parse Seccomp profile '${path}': ${what}`, { cause });
    }
  }
}
