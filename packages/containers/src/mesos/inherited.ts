/** What a debug container has of the container that it runs in. */
import { readFile, readlink } from 'node:fs/promises';
import type { EnvironmentVariable } from '@meseta/protocol';
import { ifEnded } from '@meseta/system';
import { containerKey } from '../container-id.ts';
import type { ContainerLaunch } from '../containerizer.ts';
import { type Environment, withVariables } from '../environment.ts';
import { LaunchError } from '../errors.ts';
import type { VolumeGids } from '../volumes/gids/volume-gids.ts';
import type { Container } from './container.ts';
import type { LaunchPart } from './launch-plan.ts';
import { containerMarker } from './launcher.ts';
import { type SecretResolver, withSecrets } from './secrets.ts';

/** What it has, unless its own launch says otherwise. */
export interface InheritedParts {
  readonly environment: Environment;
  readonly workingDirectory: string | undefined;
  readonly user: string | undefined;
  /** Of the volumes that it shares. */
  readonly groups: readonly number[];
}

/** Of an executor, which proves with it who it is: not for what others run in its container. */
const executorToken = 'MESOS_EXECUTOR_AUTHENTICATION_TOKEN';

const nothing: InheritedParts = { environment: {}, workingDirectory: undefined, user: undefined, groups: [] };

/**
 * Returns what a container inherits: nothing, if it is not to run inside of another one. Of a container that an earlier agent
 * launched, what was not stored is that of its program: the environment as it was when the program was executed.
 *
 * @param parent the container around it; undefined: that has ended.
 * @param pid the process of its program.
 * @param volumeGids of volumes that containers share.
 * @throws {LaunchError} it has ended.
 */
export async function inheritedParts(
  { id, isolated }: Container,
  parent: Container | undefined,
  pid: number | undefined,
  volumeGids: Pick<VolumeGids, 'among'> | undefined,
): Promise<InheritedParts> {
  if (id.parent === undefined || isolated) return nothing;
  if (!parent || parent.destroying) {
    throw new LaunchError('DESTROYED', `Container ${containerKey(id.parent)}, which it is to run in, has ended`);
  }
  const { workingDirectory, user } = parent;
  const environment = withoutToken(parent.environment ?? (await environmentOf(pid)));
  const groups = volumeGids ? volumeGids.among(await groupsOf(pid)) : [];
  if (parent.environment && workingDirectory !== undefined) return { environment, workingDirectory, user, groups };
  return {
    environment,
    // Without one, for it has just ended, the launch fails.
    workingDirectory: workingDirectory ?? (await readlink(`/proc/${pid}/cwd`).catch(ifEnded(undefined))),
    user,
    groups,
  };
}

async function groupsOf(pid: number | undefined): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(ifEnded('')); // it has just ended
  return [...(/^Groups:(.*)$/m.exec(text)?.[1] ?? '').matchAll(/\d+/g)].map(([gid]) => Number(gid));
}

function withoutToken({ [executorToken]: _, ...environment }: Environment): Environment {
  return environment;
}

async function environmentOf(pid: number | undefined): Promise<Environment> {
  const text = await readFile(`/proc/${pid}/environ`, 'utf8').catch(ifEnded('')); // it has just ended
  const variables = text.split('\0').flatMap(line => {
    const at = line.indexOf('=');
    return at > 0 ? [[line.slice(0, at), line.slice(at + 1)]] : [];
  });
  const { [containerMarker]: _, ...environment } = Object.fromEntries(variables) as Environment;
  return environment;
}

/**
 * Merges the variables of the parent, the agent, the isolators and the command; later ones take precedence.
 *
 * @throws {LaunchError} for a secret that cannot be used.
 */
export async function launchEnvironment(
  inherited: Environment,
  { config, environment = {}, variables = [] }: ContainerLaunch,
  info: LaunchPart,
  resolver: SecretResolver | undefined,
): Promise<Environment> {
  const ofTask = (config.task_info && info.task_environment?.variables) ?? [];
  const added: EnvironmentVariable[] = [...(info.environment?.variables ?? []), ...ofTask, ...variables];
  const own = await withSecrets(config.command_info.environment?.variables ?? [], resolver);
  return withVariables({ ...inherited, ...environment }, [...added, ...own]);
}
