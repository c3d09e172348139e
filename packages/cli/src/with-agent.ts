import { AgentClient, type MasterClient } from '@meseta/scheduler';
import { clientAccess } from './credential.ts';
import { findAgentId, LookupError, originOf } from './find-task.ts';

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
  const origin = await originOf(master, await findAgentId(master, word));
  if (origin === undefined) throw new LookupError(`Agent '${word}' is not registered now`);
  const agent = new AgentClient(origin, clientAccess());
  try {
    return await body(agent);
  } finally {
    await agent.close();
  }
}
