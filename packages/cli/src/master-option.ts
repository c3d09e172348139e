import { AgentClient, MasterClient, parseOrigin } from '@meseta/scheduler';
import type { Option } from './command.ts';

export const masterPort = 5050;

/** Options of every command that looks at a running cluster. */
export const clusterOptions = {
  master: {
    type: 'string',
    short: 'm',
    value: 'HOST:PORT',
    help: 'The master to ask (default $MESETA_MASTER, else localhost:5050)',
  },
  json: { type: 'boolean', help: 'Print JSON' },
} as const satisfies Record<string, Option>;

/** The master's origin from `--master`, the environment or the default. */
export function masterOrigin(given: string | undefined): string {
  return parseOrigin(given ?? process.env.MESETA_MASTER ?? `localhost:${masterPort}`, masterPort);
}

/** Runs `body` with a client of the master and closes it afterwards. */
export async function withMaster<T>(given: string | undefined, body: (client: MasterClient) => Promise<T>): Promise<T> {
  const client = new MasterClient(masterOrigin(given));
  try {
    return await body(client);
  } finally {
    await client.close();
  }
}

/** A client of the agent whose libprocess address this is. */
export function agentClient(pid: string): AgentClient {
  return new AgentClient(`http://${pid.slice(pid.lastIndexOf('@') + 1)}`);
}
