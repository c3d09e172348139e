import { setTimeout as delay } from 'node:timers/promises';
import { type LeaderFinder, leaderOf, MasterClient, parseOrigin } from '@meseta/scheduler';
import { loadCredential } from './credential.ts';
import { Masters } from './masters.ts';
import type { Option } from './option.ts';

/** The port of a master whose address has none. */
export const masterPort = 5050;

/** The options of every command that queries a running cluster. */
export const clusterOptions = {
  master: {
    type: 'string',
    short: 'm',
    value: 'HOST:PORT',
    help: 'The master to ask: host:port, https://host:port, several of them, zk://… or file://… (default $MESETA_MASTER, else localhost:5050)',
  },
  json: { type: 'boolean', help: 'Print JSON' },
} as const satisfies Record<string, Option>;

/** Returns the address in `$MESETA_MASTER`; undefined when it is unset or empty. */
export function masterOfEnvironment(): string | undefined {
  return process.env.MESETA_MASTER || undefined;
}

/** Returns the address of the cluster to ask. @param given that of `--master`. */
export function clusterAddress(given: string | undefined): string {
  return given ?? masterOfEnvironment() ?? `localhost:${masterPort}`;
}

/** No master answers at the given address. */
export class NoMasterError extends Error {
  override readonly name = 'NoMasterError';
  readonly code = 'NO_MASTER';
}

/**
 * Runs `body` with a client of the leading master, and closes the client afterwards.
 *
 * @param body gets the cluster's masters, too: another one may lead later.
 * @throws {NoMasterError} when no master answers or none leads.
 */
export async function withMaster<T>(
  given: string | undefined,
  body: (client: MasterClient, masters: Masters) => Promise<T>,
): Promise<T> {
  const address = clusterAddress(given);
  const leader = leaderOf(address, { port: masterPort });
  try {
    // What is wrong with a single address is explained.
    const named = /^(zk|file):\/\/|,/.test(address.trim()) ? undefined : parseOrigin(address.trim(), masterPort);
    if (named !== undefined && !(await isMaster(named))) await explain(named, given);
    const origin = await findLeader(leader, named, given);
    const masters = new Masters(leader, new MasterClient(origin, await loadCredential()));
    try {
      return await body(masters.client, masters);
    } finally {
      await masters.close();
    }
  } finally {
    leader.close();
  }
}

/**
 * Finds a leading master that answers. One that has just died is found for a while, until ZooKeeper or the other masters
 * know of it.
 *
 * @param checked the origin of a master that was checked before.
 */
async function findLeader(
  leader: LeaderFinder,
  checked: string | undefined,
  given: string | undefined,
): Promise<string> {
  const until = performance.now() + failoverMs;
  for (;;) {
    const origin = await leader.find().catch(cause => {
      throw new NoMasterError(`${(cause as Error).message}${whereFrom(given)}`, { cause });
    });
    if (origin === checked || (await isMaster(origin))) return origin;
    if (performance.now() > until) await explain(origin, given);
    await delay(pauseMs);
  }
}

/** How long a fail-over may take, and the time between two questions who leads. */
const [failoverMs, pauseMs] = [20_000, 500];

/** The time limit of the first answer: a busy master may be slow. */
const firstAnswerMs = 10_000;

/** Tells whether the daemon is a master. Agents accept most calls, too, but answer differently. */
async function isMaster(origin: string): Promise<boolean> {
  const { http } = new MasterClient(origin, await loadCredential());
  try {
    const response = await http.request('GET', '/master/health', { signal: AbortSignal.timeout(firstAnswerMs) });
    response.cancel();
    return response.status === 200;
  } catch {
    return false; // `explain` says why
  } finally {
    await http.close();
  }
}

/** Throws what is wrong with an address at which no master answers. @throws {NoMasterError} */
async function explain(origin: string, given: string | undefined): Promise<void> {
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
