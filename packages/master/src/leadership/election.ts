/** The election that a master takes part in, by its flags. */
import type { MasterInfo } from '@meseta/protocol';
import { type Leadership, standalone } from '@meseta/storage';
import type { Logger } from '@meseta/telemetry';
import type { MasterFlags } from '../flags.ts';

/** Makes the election in ZooKeeper at `--zk`; without it one that its only candidate wins. */
export async function electionOf(
  { zk, zk_session_timeout: timeoutMs }: Pick<MasterFlags, 'zk' | 'zk_session_timeout'>,
  log: Logger,
): Promise<Leadership<MasterInfo>> {
  if (zk === undefined) return standalone();
  // Masters without ZooKeeper load nothing of it.
  const { formatZooKeeperAddress, masterElection, parseZooKeeperAddress } = await import('@meseta/storage/zookeeper');
  const address = parseZooKeeperAddress(zk.value);
  log.info('Taking part in the election in ZooKeeper', { zk: formatZooKeeperAddress(address) });
  return masterElection({ address, timeoutMs, report: (level, message) => log[level](message) });
}
