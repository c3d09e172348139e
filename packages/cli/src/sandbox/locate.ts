/** Finds the files that the arguments of a command name. */

import path from 'node:path';
import type { WireId } from '@meseta/protocol';
import { AgentClient, type MasterClient } from '@meseta/scheduler';
import { addressOf } from '../agent-address.ts';
import { findAgentId } from '../cluster-agents.ts';
import { UsageError } from '../command.ts';
import { clientAccess } from '../credential.ts';
import { findTask, LookupError, sandboxOf } from '../find-task.ts';
import { withMaster } from '../master-option.ts';
import type { Masters } from '../masters.ts';
import type { Option } from '../option.ts';
import { AgentFiles, MovingAgentFiles } from './agent-files.ts';

/** The options that select a task or an agent. */
export const placeOptions = {
  framework: { type: 'string', value: 'ID', help: 'The framework, where several have such a task' },
  agent: { type: 'string', value: 'AGENT', help: 'FILE is a path on this agent instead of in the sandbox of a task' },
} as const satisfies Record<string, Option>;

/** The values of these options, and the cluster. */
export interface Place {
  readonly master?: string;
  readonly framework?: string;
  readonly agent?: string;
}

/** A file or directory of an agent. */
export interface Located {
  /** The virtual path in the agent's files endpoints. */
  readonly file: string;
  /** The default name of a copy. */
  readonly name: string;
  readonly agent: AgentClient;
  readonly files: AgentFiles;
}

/** Finds the agent and the path that the arguments name: `TASK [FILE]`, or with --agent `FILE`. */
export function locate<T>(place: Place, words: readonly string[], body: (located: Located) => Promise<T>): Promise<T> {
  const [first, second, third] = words;
  if (first === undefined) throw new UsageError(place.agent ? 'Which file? Give its path' : 'Which task? Give its id');
  const tooMany = place.agent === undefined ? third : second;
  if (tooMany !== undefined) throw new UsageError(`Unexpected argument '${tooMany}'`);
  return withMaster(place.master, async client => {
    const { file, name, agentId } =
      place.agent === undefined
        ? await inSandbox(client, first, second ?? '', place.framework)
        : { file: first, name: path.posix.basename(first), agentId: await findAgentId(client, place.agent) };
    const address = await registeredAddressOf(client, agentId);
    const agent = new AgentClient(address, clientAccess());
    const files = new AgentFiles(address);
    try {
      return await body({ file, name, agent, files });
    } finally {
      await Promise.all([agent.close(), files.close()]);
    }
  });
}

async function inSandbox(client: MasterClient, word: string, file: string, framework: string | undefined) {
  const task = await findTask(client, word, framework);
  const relative = path.posix.normalize(file);
  return {
    file: path.posix.join(sandboxOf(task), file),
    name: file === '' || relative === '.' ? task.task_id.value : path.posix.basename(relative),
    agentId: task.agent_id.value,
  };
}

/**
 * Returns the files of an agent, also after its address changes. @throws {LookupError} when it is not registered now.
 */
export async function filesOf(masters: Masters, agentId: WireId<'agent'>): Promise<MovingAgentFiles> {
  const address = await registeredAddressOf(masters.client, agentId);
  return new MovingAgentFiles(() => addressOf(masters.client, agentId), address);
}

async function registeredAddressOf(master: MasterClient, agentId: WireId<'agent'>): Promise<string> {
  const address = await addressOf(master, agentId);
  if (address !== undefined) return address;
  throw new LookupError(
    `Agent ${agentId} is not registered with the master: its files cannot be read until it is back`,
  );
}
