import type { MessageType } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';

/** Agents in one turn of the event loop: a few milliseconds' worth. */
const SLICE = 250;

/** Sends a message to every registered agent. In a large cluster others get their turns in between. */
export function broadcast<T>(context: MasterContext, type: MessageType<T>, message: T): void {
  const { cluster } = context;
  const agents = [...cluster.agents.values()];
  const send = (from: number) => {
    for (const agent of agents.slice(from, from + SLICE)) {
      if (cluster.agents.get(agent.id) === agent) context.sendToAgent(agent, type, message);
    }
    if (from + SLICE < agents.length) setImmediate(send, from + SLICE);
  };
  send(0);
}
