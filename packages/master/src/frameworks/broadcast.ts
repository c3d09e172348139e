import type { MessageType } from '@meseta/protocol';
import { Slice } from '@meseta/system';
import type { MasterContext } from '../context.ts';
import type { Agent } from '../state/agent.ts';

/** Sends a message to every registered agent, for a few milliseconds in each turn of the event loop. */
export function broadcast<T>(context: MasterContext, type: MessageType<T>, message: T): void {
  sendTo([...context.cluster.agents.values()].values(), context, type, message);
}

/** @param agents of an array: unlike a generator, it can be read on after the `return`. */
function sendTo<T>(agents: ArrayIterator<Agent>, context: MasterContext, type: MessageType<T>, message: T): void {
  const slice = new Slice();
  for (const agent of agents) {
    // The agent may have been removed since an earlier turn.
    if (context.cluster.agents.get(agent.id) === agent) context.sendToAgent(agent, type, message);
    if (slice.isOver) return void setImmediate(() => sendTo(agents, context, type, message));
  }
}
