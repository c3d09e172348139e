import { type Libprocess, parsePid } from '@meseta/process';
import { encode } from '@meseta/protocol';
import type { Messages } from './context.ts';
import { Outlet } from './outlet.ts';
import type { Agent } from './state/agent.ts';

/** While more than this waits for the master, executors wait. */
const roomBytes = 4 * 1024 * 1024;

/** Returns what the agent sends messages with. @param actor the one that sends. */
export function messagesOf(agent: Agent, transport: Libprocess, actor: string): Messages {
  const send: Messages['send'] = (to, type, message) => {
    const pid = parsePid(to);
    if (pid) transport.send(pid, actor, type.fullName, encode(type, message));
  };
  const master = () => parsePid(agent.master ?? '');
  return {
    send,
    sendToMaster(type, message) {
      if (agent.master !== undefined && agent.state === 'RUNNING') send(agent.master, type, message);
    },
    outlet: new Outlet({
      hasRoom() {
        const pid = master();
        return pid === undefined || transport.waitingBytes(pid) < roomBytes;
      },
      async drained() {
        const pid = master();
        if (pid) await transport.drained(pid);
      },
    }),
  };
}
