import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { commandExecutorPath } from '@meseta/executor';
import type { MessageType } from '@meseta/protocol';
import { convertMessage, DowngradeError } from '@meseta/resources';
import type { AgentFlags } from '../flags.ts';

/** Returns what an external containerizer needs of the agent, besides flags. */
export function externalParts({ launcher_dir }: Pick<AgentFlags, 'launcher_dir'>): {
  readonly commandExecutor: string;
  readonly toOldFormat: <T>(type: MessageType<T>, message: T) => T;
} {
  const ofMesos = join(launcher_dir, 'mesos-executor');
  return { commandExecutor: isExecutable(ofMesos) ? ofMesos : commandExecutorPath, toOldFormat };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // an installation of Mesos is not needed
  }
}

/** Converts resources to the form with `role`, the only one of 2014. Refined reservations cannot be said in it. */
function toOldFormat<T>(type: MessageType<T>, message: T): T {
  try {
    return convertMessage(type, message, 'pre');
  } catch (error) {
    if (error instanceof DowngradeError) return message;
    throw error;
  }
}
