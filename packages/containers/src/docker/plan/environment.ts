import type { EnvironmentVariable } from '@meseta/protocol';
import { type Environment, withVariables } from '../../environment.ts';

/** What the variables of a container depend on. */
export interface EnvironmentParts {
  /** Its name in the engine. */
  readonly name: string;
  /** Where it sees its sandbox; undefined: nowhere. */
  readonly mappedSandbox: string | undefined;
  /** Of an executor, or of the one that a command task would have. */
  readonly executor: Environment;
  /** It is a command task's: it gets none of the executor's, which are not for it. */
  readonly isTask: boolean;
  /** Of its command, and those that come after them. */
  readonly variables: readonly EnvironmentVariable[];
}

/**
 * Returns a container's variables. The image's come before them, in the engine.
 *
 * @see Mesos src/docker/docker.cpp, Docker::RunOptions::create; src/docker/executor.cpp, launchTask
 */
export function environmentOf({ name, mappedSandbox, executor, isTask, variables }: EnvironmentParts): string[] {
  const { MESOS_ALLOCATION_ROLE: role, ...others } = executor;
  const base: Record<string, string> = {
    ...(isTask ? undefined : withoutPath(others)),
    ...(role !== undefined && { MESOS_ALLOCATION_ROLE: role }),
    MESOS_CONTAINER_NAME: name,
  };
  if (mappedSandbox === undefined) {
    delete base.MESOS_SANDBOX;
    delete base.MESOS_DIRECTORY;
  } else {
    if (!isTask) base.MESOS_DIRECTORY = mappedSandbox;
    base.MESOS_SANDBOX = mappedSandbox;
  }
  return Object.entries(withVariables(base, variables)).map(([key, value]) => `${key}=${value}`);
}

/** The image knows where its programs are. */
function withoutPath({ PATH: _, ...rest }: Environment): Environment {
  return rest;
}
