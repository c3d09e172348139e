/** `meseta masters` and `meseta leader`. */
import { probeMaster } from '@meseta/daemon';
import type { MasterInfo } from '@meseta/protocol';
import { MasterClient, mastersOf, parseOrigin } from '@meseta/scheduler';
import { command, UsageError } from '../command.ts';
import { listOptions, printList } from '../list.ts';
import { clusterAddress, clusterOptions, masterPort, withMaster } from '../master-option.ts';
import { age, write } from '../output.ts';
import type { Column } from '../table.ts';

/** A master, as far as it is known. */
interface Row {
  /** `host:port`. */
  readonly address: string;
  readonly state: string;
  readonly id?: string;
  readonly version?: string;
  /** Milliseconds since 1970. */
  readonly elected_ms?: number;
  /** Why it is neither leading nor standing by. */
  readonly problem?: string;
}

const columns: Column<Row>[] = [
  { header: 'ADDRESS', value: ({ address }) => address },
  { header: 'STATE', value: ({ state }) => state },
  { header: 'ELECTED', value: ({ elected_ms }) => age(elected_ms), align: 'right' },
  { header: 'VERSION', value: ({ version }) => version ?? '-', optional: true },
  { header: 'ID', value: ({ id }) => id ?? '-', shrinks: 'middle', optional: true },
];

async function leaderOf(client: MasterClient): Promise<{ info: MasterInfo; electedMs: number | undefined }> {
  const { master_info, elected_time } = (await client.call({ type: 'GET_MASTER' }))?.get_master ?? {};
  if (!master_info) throw new Error(`The master at ${client.origin} does not say who leads`);
  return { info: master_info, electedMs: elected_time === undefined ? undefined : elected_time * 1000 };
}

function addressOf({ address, hostname, port }: MasterInfo): string {
  return `${address?.hostname ?? address?.ip ?? hostname ?? 'localhost'}:${address?.port ?? port}`;
}

/** `meseta masters`. */
export const masters = command({
  name: 'masters',
  summary: 'Show who leads, and how the masters are',
  arguments: '[HOST:PORT …]',
  options: { ...listOptions, quiet: { ...listOptions.quiet, help: 'Print addresses only, one a line' } },
  notes: `Shows the leading master and those that stand by: the ones that are given, else those that --master lists or that take part
in the election in ZooKeeper. One that cannot be asked is explained on standard error, and the exit code is 1.`,
  run: ({ master, ...how }, given) => {
    const named = given.map(each => parseOrigin(each, masterPort));
    return withMaster(master, async client => {
      const { info, electedMs } = await leaderOf(client);
      const leader: Row = {
        address: addressOf(info),
        state: 'leading',
        id: info.id,
        ...(info.version !== undefined && { version: info.version }),
        ...(electedMs !== undefined && { elected_ms: electedMs }),
      };
      const origins = given.length > 0 ? named : await mastersOf(clusterAddress(master), { port: masterPort });
      // One that leads is there already, perhaps under another name.
      const others = (await Promise.all(origins.map(rowOf))).filter(({ state }) => state !== 'leading');
      const inOrder = others.sort((one, other) => (one.address < other.address ? -1 : 1));
      printList({ columns, rows: [leader, ...inOrder], idOf: ({ address }) => address }, how);
      const problems = inOrder.flatMap(({ problem }) => problem ?? []);
      for (const problem of problems) await write('stderr', `meseta masters: ${problem}\n`);
      return problems.length > 0 ? 1 : 0;
    });
  },
});

async function rowOf(origin: string): Promise<Row> {
  const { kind, words } = await probeMaster(origin, { asksLeader: true });
  const address = origin.replace(/^https?:\/\//, '');
  if (kind === 'leader') return { address, state: 'leading' };
  if (kind !== 'standby') return { address, state: states[kind] ?? kind, problem: words };
  const version = await versionOf(origin);
  return { address, state: 'standby', ...(version !== undefined && { version }) };
}

/** The words of the table for what answers in place of a master, where its kind is none. */
const states: Readonly<Record<string, string>> = {
  agent: 'an agent',
  stranger: 'no master',
  tls: 'TLS',
  plain: 'no TLS',
};

/** Every master tells its version to everybody. */
async function versionOf(origin: string): Promise<string | undefined> {
  const client = new MasterClient(origin);
  try {
    return ((await client.http.get('/version')) as { version?: string }).version;
  } catch {
    return undefined; // it ended just now
  } finally {
    await client.close();
  }
}

/** `meseta leader`. */
export const leader = command({
  name: 'leader',
  summary: 'Print the address of the leading master',
  options: clusterOptions,
  run: ({ master, json }, words) => {
    if (words.length > 0) throw new UsageError(`Unexpected argument '${words[0]}'`);
    return withMaster(master, async client => {
      const { info } = await leaderOf(client);
      await write('stdout', `${json ? JSON.stringify(info, null, 2) : addressOf(info)}\n`);
      return 0;
    });
  },
});
