/** What hooks give a container of the engine. */
import type { EnvironmentVariable } from '@meseta/protocol';
import type { ContainerLaunch, LaunchOptions } from '../containerizer.ts';
import { LaunchError } from '../errors.ts';
import type { DockerContainer } from './docker-container.ts';

/** The agent sets them whatever a hook says, as in Mesos: they describe the container. */
const ofAgent: ReadonlySet<string> = new Set(['MESOS_SANDBOX', 'MESOS_CONTAINER_NAME', 'MESOS_ALLOCATION_ROLE']);

/**
 * Asks hooks what variables a container gets, and returns them, lowest first. They take precedence over those of its command. An
 * executor gets those that are for itself and those for its task. A command task has no executor whose process could get any.
 *
 * @param mappedSandbox where the container sees its sandbox.
 * @throws {LaunchError} `HOOK` when a hook failed; `DESTROYED` when the container is being ended, also while hooks are asked.
 * @see Mesos src/slave/containerizer/docker.cpp, launch; src/docker/docker.cpp, Docker::RunOptions::create
 */
export async function decorationOf(
  container: DockerContainer,
  { config, environment = {} }: ContainerLaunch,
  { decorateDocker }: LaunchOptions,
  mappedSandbox: string,
): Promise<readonly EnvironmentVariable[]> {
  if (decorateDocker === undefined) return [];
  const { name, isTask, over } = container;
  const asked = decorateDocker({ config, name, mappedSandbox, environment }).catch((cause: Error) => {
    throw new LaunchError('HOOK', cause.message, { cause });
  });
  const { executorEnvironment, taskEnvironment } = (await unlessAborted(asked, over.signal)) ?? {};
  container.mustBeWanted();
  const ofExecutor = isTask ? [] : (executorEnvironment?.variables ?? []);
  return [...ofExecutor, ...(taskEnvironment?.variables ?? [])].filter(variable => !ofAgent.has(variable.name));
}

/** Waits for an answer; resolves to undefined when it is not wanted any more. */
async function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const abort = () => resolve(undefined);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    return await Promise.race([answer, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
