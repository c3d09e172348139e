import type { MessageType } from '@meseta/protocol';
import { inSlices } from '@meseta/system';
import type { MasterContext } from '../context.ts';
import type { Agent } from '../state/agent.ts';

/** Sends a message to every registered agent, for a few milliseconds in each turn of the event loop. */
export function broadcast<T>(context: MasterContext, type: MessageType<T>, message: T): void {
  void inSlices(sending([...context.cluster.agents.values()], context, type, message));
}

function* sending<T>(
  agents: readonly Agent[],
  context: MasterContext,
  type: MessageType<T>,
  message: T,
): Generator<void> {
  for (const agent of agents) {
    // The agent may have been removed since an earlier turn.
    if (context.cluster.agents.get(agent.id) === agent) context.sendToAgent(agent, type, message);
    yield;
  }
}
