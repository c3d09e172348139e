import { dirname, isAbsolute, resolve } from 'node:path';
import type { MessageType } from '@meseta/protocol';
import type { Clock } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';
import { ExternalContainerizer } from './containerizer.ts';
import { programEnvironment } from './environment.ts';
import { ExternalProgram } from './program.ts';
import { ExternalStore } from './store.ts';

/** The external containerizer cannot be made from the flags. The message names the flag and what to do. */
export class ExternalContainerizerError extends Error {
  override readonly name = 'ExternalContainerizerError';
  readonly code = 'EXTERNAL_CONTAINERIZER';
}

/** The agent's flags that the external containerizer reads, by their names on the command line. */
export interface ExternalFlags {
  readonly containerizer_path?: string | undefined;
  readonly default_container_image?: string | undefined;
  /** Milliseconds. */
  readonly executor_registration_timeout: number;
  readonly runtime_dir: string;
  readonly work_dir: string;
}

/** What an external containerizer needs of the agent, besides flags. */
export interface ExternalParts {
  /** The path of `mesos-executor`, which runs command tasks in external containers. */
  readonly commandExecutor: string;
  /** Converts the resources of a message to the form of 2014, which programs know. */
  readonly toOldFormat: <T>(type: MessageType<T>, message: T) => T;
}

/**
 * Creates the containerizer of `--containerizers=external`.
 *
 * @throws {ExternalContainerizerError} the agent must not start.
 */
export function createExternalContainerizer(
  { flags, clock, log }: { readonly flags: ExternalFlags; readonly clock: Clock; readonly log: Logger },
  { commandExecutor, toOldFormat }: ExternalParts,
): ExternalContainerizer {
  const { containerizer_path, default_container_image: defaultImage } = flags;
  if (containerizer_path === undefined) {
    throw new ExternalContainerizerError(
      '--containerizers=external needs a program: give its path with --containerizer_path, or take external out of --containerizers',
    );
  }
  const environment = programEnvironment(process.env, {
    libexecDirectory: dirname(commandExecutor),
    workDirectory: flags.work_dir,
  });
  log.info('Command tasks in external containers have an executor', { program: commandExecutor });
  return new ExternalContainerizer({
    program: new ExternalProgram({ path: absolute(containerizer_path), environment, clock, log }),
    store: new ExternalStore(flags.runtime_dir, log),
    launchTimeoutMs: flags.executor_registration_timeout,
    ...{ commandExecutor, toOldFormat, clock, log },
    ...(defaultImage !== undefined && { defaultImage }),
  });
}

/** Commands run in sandboxes, so a relative path is of the agent's directory. A command line is left as it is. */
function absolute(path: string): string {
  return isAbsolute(path) || /\s/.test(path) ? path : resolve(path);
}
