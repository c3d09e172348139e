/** Finds the master that leads now, by `--master` or `--master_detector`. */
import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { ModuleRegistry } from '@meseta/modules';
import { parsePid } from '@meseta/process';
import type { MasterInfo } from '@meseta/protocol';
import type { LeaderDetector } from '@meseta/storage';
import { formatZooKeeperAddress, parseZooKeeperAddress } from '@meseta/storage/zookeeper-address';
import type { Logger } from '@meseta/telemetry';
import type { AgentFlags } from '../flags.ts';
import { locateMaster, locationProblem, MasterAddressError, type MasterLocation, parseMaster } from './detector.ts';

/** Where the leading master is looked for. */
export interface MasterLocator {
  /**
   * Returns where the leading master is now; undefined when none leads.
   *
   * @throws {MasterAddressError}, and what `readFile` and `dns.lookup` throw.
   */
  locate(): Promise<MasterLocation | undefined>;
  /** Reports each change of the leader, where changes are known. @returns ends the reports. */
  watch(onChange: (leader: MasterLocation | undefined) => void): () => void;
  /** Says that no master leads, and why if that is known. */
  readonly absence: string;
  /** Says why `locate` has failed, with what to do. */
  explain(error: unknown): string;
}

/**
 * Checks `--master`: an address of a master, several separated by commas, or one in ZooKeeper.
 *
 * @throws {MasterAddressError} {ZooKeeperAddressError}
 */
export function checkMasters(text: string): void {
  if (isInZooKeeper(text)) parseZooKeeperAddress(text);
  else for (const each of text.split(',')) parseMaster(each);
}

const isInZooKeeper = (text: string) => text.trim().startsWith('zk://');

/** The flags that say where the master is. */
type LocatorFlags = Pick<AgentFlags, 'master' | 'master_detector' | 'zk_session_timeout'>;

/**
 * Makes the locator for `--master` or `--master_detector`. Nothing of ZooKeeper is loaded unless it is an address there.
 *
 * @throws {MasterAddressError} {ZooKeeperAddressError}; {ModuleError} when the module cannot be used.
 */
export async function locatorOf(flags: LocatorFlags, modules: ModuleRegistry, log: Logger): Promise<MasterLocator> {
  const { master: address, master_detector: detector, zk_session_timeout: timeoutMs } = flags;
  if (address === undefined) return byModule(detector, modules, log);
  checkMasters(address.value);
  const explain = (error: unknown) => locationProblem(error, address);
  if (isInZooKeeper(address.value)) return inZooKeeper(address.value, timeoutMs, log, explain);
  const locate = async () => {
    const { value, path } = address;
    const masters = path === undefined ? value : await readFile(path, 'utf8');
    return masters.includes(',') ? locateAmong(masters) : locateMaster(masters);
  };
  return { locate, watch: () => () => undefined, absence: 'no master leads', explain };
}

/** Asks the masters of a list which of them leads. */
async function locateAmong(list: string): Promise<MasterLocation> {
  const { leaderOf } = await import('@meseta/scheduler');
  const masters = list.split(',').map(each => each.trim().replace(/^master@/, ''));
  const finder = leaderOf(masters.join());
  try {
    const { host } = new URL(await finder.find({ waitMs: 0 }));
    return await locateMaster(host);
  } finally {
    finder.close();
  }
}

async function byModule(name: string | undefined, modules: ModuleRegistry, log: Logger): Promise<MasterLocator> {
  if (name === undefined) throw new MasterAddressError('Missing required option `--master` or `--master_detector`');
  log.info('Looking for the leading master by a module', { detector: name });
  let problem = '';
  const detector = await modules.masterDetector(name, (level, message) => {
    problem = level === 'warning' ? `: ${message}` : '';
    log[level](message);
  });
  const explain = (error: unknown) =>
    `cannot use the master that detector module '${name}' names: ${error instanceof Error ? error.message : error}`;
  return following(detector, () => `no master leads by detector module '${name}'${problem}`, explain);
}

async function inZooKeeper(
  text: string,
  timeoutMs: number,
  log: Logger,
  explain: MasterLocator['explain'],
): Promise<MasterLocator> {
  const { masterElection } = await import('@meseta/storage/zookeeper');
  const address = parseZooKeeperAddress(text);
  const place = formatZooKeeperAddress(address);
  log.info('Looking for the leading master in ZooKeeper', { zk: place });
  let problem = '';
  const { detector } = masterElection({
    address,
    timeoutMs,
    report: (level, message) => {
      problem = level === 'warning' ? `: ${message}` : '';
      log[level](message);
    },
  });
  return following(detector, () => `no master leads at ${place}${problem}`, explain);
}

/** Makes a locator that follows a detector. */
function following(
  detector: LeaderDetector<MasterInfo>,
  absence: () => string,
  explain: MasterLocator['explain'],
): MasterLocator {
  let leader: MasterInfo | undefined;
  const watch = (onChange: (leader: MasterLocation | undefined) => void) => {
    let last = 0;
    return detector.watch(next => {
      leader = next;
      const turn = ++last;
      const report = (location: MasterLocation | undefined) => turn === last && onChange(location);
      // `locate` says what is wrong with an address.
      (next ? locationOf(next) : Promise.resolve(undefined)).then(report, () => report(undefined));
    });
  };
  return {
    locate: async () => leader && locationOf(leader),
    watch,
    explain,
    get absence() {
      return absence();
    },
  };
}

/** Returns where a master is, by what it has written of itself. */
async function locationOf({ pid, address, hostname, port }: MasterInfo): Promise<MasterLocation> {
  const parsed = parsePid(pid ?? '');
  if (parsed) return { host: hostname ?? parsed.ip, pid: parsed };
  const host = address?.ip ?? hostname ?? '';
  if (host === '') throw new MasterAddressError('The leading master says no address of itself');
  const ip = isIP(host) ? host : (await lookup(host)).address;
  return { host: hostname ?? host, pid: { id: 'master', ip, port: address?.port ?? port } };
}
