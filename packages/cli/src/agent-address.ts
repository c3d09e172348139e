/** Finds the way to agents: directly, or through the master where this machine does not reach them. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WireId } from '@meseta/protocol';
import type { MasterClient } from '@meseta/scheduler';
import { originOf } from './find-task.ts';

/** How long an agent has to take a connection before the master is asked. */
const headStartMs = 500;
/** How long the master may take to ask the agent. */
const masterMs = 10_000;

/** Returns the address by which an agent is asked, see {@link wayTo}; undefined when it is not registered. */
export async function addressOf(master: MasterClient, agentId: WireId<'agent'>): Promise<string | undefined> {
  const origin = await originOf(master, agentId);
  return origin === undefined ? undefined : wayTo(master, agentId, origin);
}

/**
 * Returns the agent's own origin when something takes connections there; else the address of the agent below the
 * master's, `http://master:5050/agents/<id>`, when the master reaches the agent; else the origin, which says what is wrong.
 */
export async function wayTo(master: MasterClient, agentId: WireId<'agent'>, origin: string): Promise<string> {
  const attempt = new AbortController();
  try {
    const isThere = await Promise.race([takesConnections(origin, attempt.signal), sleep(headStartMs, false)]);
    if (isThere) return origin;
    const path = `/agents/${encodeURIComponent(agentId)}`;
    return (await answers(master, `${path}/health`)) ? `${master.origin}${path}` : origin;
  } finally {
    attempt.abort();
  }
}

function takesConnections(origin: string, signal: AbortSignal): Promise<boolean> {
  const { hostname, port, protocol } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise(resolve => {
    const socket = connect({ host, port: Number(port) || (protocol === 'https:' ? 443 : 80) });
    const end = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
    signal.addEventListener('abort', () => end(false), { once: true });
  });
}

/** Masters of Apache Mesos, and those that pass nothing on, do not answer with 200. */
async function answers({ http }: MasterClient, path: string): Promise<boolean> {
  try {
    const response = await http.request('GET', path, { signal: AbortSignal.timeout(masterMs) });
    response.cancel();
    return response.status === 200;
  } catch {
    return false; // the attempt to ask the agent itself says what is wrong
  }
}
