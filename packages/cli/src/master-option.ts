import { MasterClient, parseOrigin } from '@meseta/scheduler';
import type { Option } from './option.ts';

const masterPort = 5050;

/** The options of every command that queries a running cluster. */
export const clusterOptions = {
  master: {
    type: 'string',
    short: 'm',
    value: 'HOST:PORT',
    help: 'The master to ask, https://HOST:PORT for TLS (default $MESETA_MASTER, else localhost:5050)',
  },
  json: { type: 'boolean', help: 'Print JSON' },
} as const satisfies Record<string, Option>;

/** Returns the address in `$MESETA_MASTER`; undefined when it is unset or empty. */
export function masterOfEnvironment(): string | undefined {
  return process.env.MESETA_MASTER || undefined;
}

/** Returns the master's origin from `--master`, the environment or the default. */
function masterOrigin(given: string | undefined): string {
  return parseOrigin(given ?? masterOfEnvironment() ?? `localhost:${masterPort}`, masterPort);
}

/** No master answers at the given address. */
export class NoMasterError extends Error {
  override readonly name = 'NoMasterError';
  readonly code = 'NO_MASTER';
}

/**
 * Runs `body` with a client of the master, and closes the client afterwards.
 *
 * @throws {NoMasterError} when no master answers.
 */
export async function withMaster<T>(given: string | undefined, body: (client: MasterClient) => Promise<T>): Promise<T> {
  const client = new MasterClient(masterOrigin(given));
  try {
    await checkMaster(client, given);
    return await body(client);
  } finally {
    await client.close();
  }
}

/** The time limit of the first answer: a busy master may be slow. */
const firstAnswerMs = 10_000;

/** Checks that the daemon is a master. Agents accept most calls, too, but answer differently. */
async function checkMaster({ http, origin }: MasterClient, given: string | undefined): Promise<void> {
  try {
    const response = await http.request('GET', '/master/health', { signal: AbortSignal.timeout(firstAnswerMs) });
    response.cancel();
    if (response.status === 200) return;
  } catch {
    // Explained by the probe below.
  }
  const { probeMaster } = await import('@meseta/daemon'); // most commands need nothing of it
  const { kind, words } = await probeMaster(origin);
  if (kind === 'leader') return;
  const isThere = kind === 'agent' || kind === 'stranger' || kind === 'refuses';
  // A sentence begins with a capital letter, an address does not.
  const problem = isThere
    ? words.replace(/^[a-z](?=[a-z]* )/, letter => letter.toUpperCase())
    : `Cannot reach a master at ${origin}: ${words}`;
  throw new NoMasterError(`${problem}${whereFrom(given)}`);
}

/** Explains where the address came from, when it is not from the command line. */
function whereFrom(given: string | undefined): string {
  if (given !== undefined) return '';
  return masterOfEnvironment() === undefined
    ? ". No master was named: give --master or $MESETA_MASTER, or start a cluster with 'meseta local'"
    : ' (the address is that of $MESETA_MASTER)';
}
