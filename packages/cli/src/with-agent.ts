import { AgentClient, type MasterClient } from '@meseta/scheduler';
import { addressOf } from './agent-address.ts';
import { findAgentId } from './cluster-agents.ts';
import { clientAccess } from './credential.ts';
import { LookupError } from './find-task.ts';

/**
 * Runs `body` with a client of the agent that a word names, and closes the client afterwards.
 *
 * @throws {LookupError} when the word names no registered agent.
 */
export async function withAgent<T>(
  master: MasterClient,
  word: string,
  body: (agent: AgentClient) => Promise<T>,
): Promise<T> {
  const address = await addressOf(master, await findAgentId(master, word));
  if (address === undefined) throw new LookupError(`Agent '${word}' is not registered now`);
  const agent = new AgentClient(address, clientAccess());
  try {
    return await body(agent);
  } finally {
    await agent.close();
  }
}
