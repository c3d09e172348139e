/** For tests of launchers: a temporary directory, which must be left without processes and files. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { checkId } from '@meseta/protocol';
import { allPids, readProcess } from '@meseta/system';
import { eventually, type Need, needs } from '@meseta/system/testing';
import type { ContainerKey } from '../../../container-id.ts';
import { testCgroups } from '../../cgroups/testing/test-cgroups.ts';
import type { Launcher, LaunchSpec } from '../../launcher.ts';
import { toLaunchPlan } from '../../to-launch-plan.ts';
import { LinuxLauncher } from '../linux.ts';
import { PosixLauncher } from '../posix.ts';
import type { ShimLauncherOptions } from '../shim-launcher-options.ts';

/** Returns an id that is unique on this machine, because processes of a container are found by its id. */
export const id = (name: string): ContainerKey => checkId(`${name}-${process.pid}`);

type MakeLauncher = (options: ShimLauncherOptions) => Launcher;

const posix: MakeLauncher = options => new PosixLauncher(options);
const linux: MakeLauncher = options => new LinuxLauncher({ ...options, cgroups: testCgroups });
/** Every container has namespaces of its own, with an init. */
const namespaces: MakeLauncher = options => new IsolatingLauncher({ ...options, cgroups: testCgroups });

class IsolatingLauncher extends LinuxLauncher {
  override launch(id: ContainerKey, spec: LaunchSpec): Promise<{ readonly pid: number }> {
    const proc = { source: 'proc', type: 'proc', target: '/proc', flags: 0 };
    const plan = toLaunchPlan({ clone_namespaces: [0x2000_0000, 0x2_0000, 0x800_0000], planned_mounts: [proc] });
    return super.launch(id, { ...spec, plan });
  }
}

const isRoot = needs.root('the linux launcher makes cgroups and namespaces');

/** The launchers that pass the contract. A new launcher is one more entry. */
export const launchers: readonly { readonly name: string; readonly make: MakeLauncher; readonly need?: Need }[] = [
  { name: 'posix', make: posix },
  { name: 'linux', make: linux, need: isRoot },
  { name: 'linux, with namespaces', make: namespaces, need: isRoot },
];

/** A Perl program whose processes leave their session, fork a successor and end, so that all are orphans. */
export const hop = 'use POSIX; for (1 .. 3) { next if fork; while (1) { POSIX::setsid(); exit if fork } } sleep 1000';

/** Launchers on a temporary directory. */
export class Harness {
  readonly directory: string;
  readonly warnings: string[] = [];
  /** Called when no process is left. */
  beforeRemoval: () => void = () => {};
  readonly #make: MakeLauncher;
  readonly #launchers: Launcher[] = [];

  static async make(test: TestContext, make: MakeLauncher = posix): Promise<Harness> {
    const harness = new Harness(await mkdtemp(join(tmpdir(), 'meseta-containers-')), make);
    test.after(() => harness.close());
    return harness;
  }

  private constructor(directory: string, make: MakeLauncher) {
    this.directory = directory;
    this.#make = make;
  }

  get runtimeDirectory(): string {
    return join(this.directory, 'runtime');
  }

  /** Makes a new launcher on the same runtime directory, as a restarted agent does. */
  launcher(more: Pick<ShimLauncherOptions, 'endsContainers' | 'idleSeconds'> = {}): Launcher {
    const launcher = this.#make({
      ...more,
      runtimeDirectory: this.runtimeDirectory,
      onWarning: message => this.warnings.push(message),
    });
    this.#launchers.push(launcher);
    return launcher;
  }

  /** Returns the spec of a shell command whose output goes to the files `stdout` and `stderr`. */
  shell(script: string, more: Partial<LaunchSpec> = {}): LaunchSpec {
    return {
      file: '/bin/sh',
      argv: ['sh', '-c', script],
      environment: { PATH: '/usr/local/bin:/usr/bin:/bin' },
      workingDirectory: this.directory,
      stdout: join(this.directory, 'stdout'),
      stderr: join(this.directory, 'stderr'),
      ...more,
    };
  }

  stdout(): Promise<string> {
    return readFile(join(this.directory, 'stdout'), 'utf8').catch(() => '');
  }

  /**
   * Returns the pids of processes whose working directory, arguments or environment contain this harness's directory.
   */
  async processes(): Promise<number[]> {
    const mentions = await Promise.all(
      allPids().map(async pid => {
        const texts = [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`].map(path =>
          readFile(path, 'utf8').catch(() => ''),
        );
        return (await Promise.all(texts)).some(text => text.includes(this.directory)) ? [pid] : [];
      }),
    );
    return mentions.flat().filter(pid => (readProcess(pid)?.state ?? 'Z') !== 'Z');
  }

  async close(): Promise<void> {
    await Promise.all(this.#launchers.map(launcher => launcher.close()));
    const last = this.#make({ runtimeDirectory: this.runtimeDirectory });
    const left = await last.recover();
    await Promise.all([...left.keys()].map(container => last.remove(container)));
    await last.close();
    await eventually('all processes to be gone', async () => (await this.processes()).length === 0);
    this.beforeRemoval();
    await rm(this.directory, { recursive: true, force: true });
  }
}
