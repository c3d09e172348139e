/** `meseta masters` and `meseta leader`. */
import { probeMaster } from '@meseta/daemon';
import type { MasterInfo } from '@meseta/protocol';
import { type MasterClient, parseOrigin } from '@meseta/scheduler';
import { command, UsageError } from '../command.ts';
import { listOptions, printList } from '../list.ts';
import { clusterOptions, masterPort, withMaster } from '../master-option.ts';
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
  notes: `Shows the leading master, and those whose addresses are given: leading, standby, or why one cannot be asked. The exit code
is 1 when one of them cannot be.`,
  run: ({ master, ...how }, others) => {
    const origins = others.map(each => parseOrigin(each, masterPort));
    return withMaster(master, async client => {
      const { info, electedMs } = await leaderOf(client);
      const leader: Row = {
        address: addressOf(info),
        state: 'leading',
        id: info.id,
        ...(info.version !== undefined && { version: info.version }),
        ...(electedMs !== undefined && { elected_ms: electedMs }),
      };
      const rows = [leader];
      let failed = false;
      for (const origin of origins) {
        const row = await rowOf(origin);
        if (row.state === 'leading') continue; // it is there already, perhaps under another name
        failed ||= row.state !== 'standby';
        rows.push(row);
      }
      printList({ columns, rows, idOf: ({ address }) => address }, how);
      return failed ? 1 : 0;
    });
  },
});

async function rowOf(origin: string): Promise<Row> {
  const { kind, words } = await probeMaster(origin, { asksLeader: true });
  const address = origin.replace(/^https?:\/\//, '');
  const state = kind === 'leader' ? 'leading' : kind === 'standby' ? 'standby' : words;
  return { address, state };
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
