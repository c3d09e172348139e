/** The election that a master takes part in, by its flags. */
import type { ModuleRegistry } from '@meseta/modules';
import type { MasterInfo } from '@meseta/protocol';
import { type Leadership, standalone } from '@meseta/storage';
import type { Logger } from '@meseta/telemetry';
import type { MasterFlags } from '../flags.ts';

/** The flags that choose an election. */
type ElectionFlags = Pick<MasterFlags, 'zk' | 'zk_session_timeout' | 'master_contender' | 'master_detector'>;

/**
 * Makes the election in ZooKeeper at `--zk`, or the one by the modules of `--master_contender` and `--master_detector`;
 * without these flags one that its only candidate wins.
 *
 * @throws {ModuleError} when a module cannot be used.
 */
export async function electionOf(
  { zk, zk_session_timeout: timeoutMs, master_contender: contender, master_detector: detector }: ElectionFlags,
  modules: ModuleRegistry,
  log: Logger,
): Promise<Leadership<MasterInfo>> {
  if (contender !== undefined && detector !== undefined) {
    log.info('Taking part in an election by modules', { contender, detector });
    return modules.election(contender, detector, (level, message) => log[level](message));
  }
  if (zk === undefined) return standalone();
  // Masters without ZooKeeper load nothing of it.
  const { formatZooKeeperAddress, masterElection, parseZooKeeperAddress } = await import('@meseta/storage/zookeeper');
  const address = parseZooKeeperAddress(zk.value);
  log.info('Taking part in the election in ZooKeeper', { zk: formatZooKeeperAddress(address) });
  return masterElection({ address, timeoutMs, report: (level, message) => log[level](message) });
}
