import { MasterClient, parseOrigin } from '@meseta/scheduler';
import type { Option } from './command.ts';

const masterPort = 5050;

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

/** The address of `$MESETA_MASTER`; undefined when it is unset or empty. */
export function masterOfEnvironment(): string | undefined {
  return process.env.MESETA_MASTER || undefined;
}

/** The master's origin from `--master`, the environment or the default. */
function masterOrigin(given: string | undefined): string {
  return parseOrigin(given ?? masterOfEnvironment() ?? `localhost:${masterPort}`, masterPort);
}

/** Nobody, or somebody else, is where a master was said to be. */
export class NoMasterError extends Error {
  override readonly name = 'NoMasterError';
  readonly code = 'NO_MASTER';
}

/**
 * Runs `body` with a client of the master and closes it afterwards.
 *
 * @throws {NoMasterError} when there is no master.
 */
export async function withMaster<T>(given: string | undefined, body: (client: MasterClient) => Promise<T>): Promise<T> {
  const client = new MasterClient(masterOrigin(given));
  try {
    await checkMaster(client);
    return await body(client);
  } finally {
    await client.close();
  }
}

/** Agents know most calls, too, and have other answers. */
async function checkMaster({ http, origin }: MasterClient): Promise<void> {
  const statusOf = async (path: string) => {
    try {
      const response = await http.request('GET', path);
      response.cancel();
      return response.status;
    } catch (error) {
      throw new NoMasterError(`Cannot reach a master at ${origin}`, { cause: error });
    }
  };
  if ((await statusOf('/master/health')) === 200) return;
  const isAgent = (await statusOf('/slave(1)/health')) === 200;
  throw new NoMasterError(`There is ${isAgent ? 'an agent, not a master,' : 'no master'} at ${origin}`);
}
