/** An agent that registers as agents do, and answers requests as the test says. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { SimulatedAgent } from '@meseta/master/testing';
import { type AgentInfoCapabilityType, RegisterSlaveMessage } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import type { Cluster } from './cluster.ts';

/** What it does with a request: its head, and the connection. */
export type Behaviour = (socket: Socket, head: string) => void;

export interface EvilAgent {
  readonly id: string;
  /** The heads of all requests, libprocess messages excepted. */
  readonly heads: readonly string[];
  behave: Behaviour;
  /** Connections by which a request came and that are open. */
  readonly open: ReadonlySet<Socket>;
}

/** How it registers. */
export interface EvilAgentOptions {
  readonly hostname?: string;
  /** Besides the usual ones. */
  readonly capabilities?: readonly AgentInfoCapabilityType[];
}

/** Registers one. Resolves when the master knows it. */
export async function registerEvilAgent(
  t: TestContext,
  { master, slaves }: { readonly master: Cluster['master']; readonly slaves: Cluster['slaves'] },
  behave: Behaviour = answers('200 OK', '{}'),
  { hostname, capabilities = [] }: EvilAgentOptions = {},
): Promise<EvilAgent> {
  const heads: string[] = [];
  const open = new Set<Socket>();
  const sockets = new Set<Socket>();
  const agent = { id: '', heads, behave, open };
  const server = createServer(socket => {
    let text = '';
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      open.delete(socket);
    });
    socket.on('data', piece => {
      text += piece.toString('latin1');
      if (/^POST \/slave/.test(text)) text = '';
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      heads.push(text.slice(0, end));
      text = '';
      open.add(socket);
      agent.behave(socket, heads.at(-1) ?? '');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const simulated = await SimulatedAgent.start({ master: master.address });
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await simulated.stop();
  });
  const { registration } = simulated;
  const message = {
    ...registration,
    agent: { ...registration.agent, port, ...(hostname !== undefined && { hostname }) },
    agent_capabilities: [...(registration.agent_capabilities ?? []), ...capabilities.map(type => ({ type }))],
  };
  simulated.send(RegisterSlaveMessage, message, { from: `slave(1)@127.0.0.1:${port}` });
  await eventually('the registration of an evil agent', async () => {
    agent.id = (await slaves()).find(({ pid }) => pid.endsWith(`:${port}`))?.id ?? '';
    return agent.id !== '';
  });
  return agent;
}

/** Answers with a status, headers and a body. */
export function answers(status: string, body: string, ...headers: string[]): Behaviour {
  const lines = [`HTTP/1.1 ${status}`, `Content-Length: ${Buffer.byteLength(body)}`, ...headers, '', body];
  return socket => void socket.write(lines.join('\r\n'));
}
