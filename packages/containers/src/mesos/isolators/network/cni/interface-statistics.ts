import { readFile } from 'node:fs/promises';
import type { ResourceStatistics } from '@meseta/protocol';

/** Columns of /proc/net/dev after the interface's name, of those that are reported. */
const columns = {
  ...{ net_rx_bytes: 0, net_rx_packets: 1, net_rx_errors: 2, net_rx_dropped: 3 },
  ...{ net_tx_bytes: 8, net_tx_packets: 9, net_tx_errors: 10, net_tx_dropped: 11 },
} as const;

/**
 * Returns what a container's interfaces have received and sent, all together.
 *
 * @param pid of a process in its network namespace.
 * @returns undefined when the process has ended.
 */
export async function interfaceStatistics(
  pid: number,
  ifNames: readonly string[],
): Promise<Partial<ResourceStatistics> | undefined> {
  const text = await readFile(`/proc/${pid}/net/dev`, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'EINVAL' && error.code !== 'ESRCH') throw error;
  });
  return text === undefined ? undefined : sumOf(text, ifNames);
}

function sumOf(text: string, ifNames: readonly string[]): Partial<ResourceStatistics> {
  const rows = text.split('\n').flatMap(line => {
    const [name = '', numbers] = line.split(':');
    return numbers !== undefined && ifNames.includes(name.trim()) ? [numbers.trim().split(/\s+/).map(Number)] : [];
  });
  const sums = Object.entries(columns).map(([field, column]) => {
    return [field, rows.reduce((sum, row) => sum + (row[column] ?? 0), 0)];
  });
  return Object.fromEntries(sums);
}
