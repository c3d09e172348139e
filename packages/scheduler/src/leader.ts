/** Finds the leading master of a cluster, by any form of its address. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { defaultScheme, HttpClient } from '@meseta/process';
import type { MasterInfo } from '@meseta/protocol';
import { formatZooKeeperAddress, type ZooKeeperAddress } from '@meseta/storage/zookeeper-address';
import { parseLeaderAddress } from './leader-address.ts';

/** No master leads, or none can be found. The message says where was looked, and the last problem. */
export class NoLeaderError extends Error {
  override readonly name = 'NoLeaderError';
  readonly code = 'NO_LEADER';
}

/** How a leader is waited for. */
export interface FindOptions {
  /** How long to wait for a leader. Default: 10 seconds. */
  readonly waitMs?: number;
  /** Gives up; `find` rejects with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Finds the leading master. Call `find` before each connection: after a loss, the leader may be another one. Close it at
 * the end.
 */
export interface LeaderFinder {
  /**
   * Returns the origin of the leading master, `http://ip:port`. A leader that has just died may be returned for the time of
   * its ZooKeeper session: when it cannot be reached, ask again after a moment.
   *
   * @throws {NoLeaderError} when there is none in time, or a file cannot be read; {AddressError} {ZooKeeperAddressError} for
   *   what a file contains.
   */
  find(options?: FindOptions): Promise<string>;
  /**
   * Reports the leader's origin soon after the call, and each change of it; undefined while there is none. Only ZooKeeper
   * reports changes: for other addresses there is one report at most, so `find` is what follows a loss.
   *
   * @returns ends the reports.
   */
  watch(onChange: (origin: string | undefined) => void): () => void;
  close(): void;
}

/** What is needed beside the address. */
export interface LeaderOptions {
  /** The port of masters whose address has none. Default: 5050. */
  readonly port?: number;
  /** The scheme of the origins of masters that are found in ZooKeeper. Default: what the environment says about TLS. */
  readonly scheme?: 'http' | 'https';
  /** The time-out of the ZooKeeper session, milliseconds. Default: 10 seconds. */
  readonly sessionTimeoutMs?: number;
}

const defaultWaitMs = 10_000;
const pauseMs = 500;
/** How long one master may take to say whether it leads. */
const answerMs = 5000;

/**
 * Makes a finder for an address as users type it; see {@link parseLeaderAddress}. Nothing of ZooKeeper is loaded unless it
 * is an address there.
 *
 * @throws {AddressError} {ZooKeeperAddressError} when it is no address. The content of a file is read by `find`.
 */
export function leaderOf(address: string, options: LeaderOptions = {}): LeaderFinder {
  const parsed = parseLeaderAddress(address, options.port ?? 5050);
  if (parsed.type === 'zookeeper') return new ZooKeeperLeader(parsed.address, options);
  if (parsed.type === 'file') return new FileLeader(parsed.path, options);
  return new ListedLeader(parsed.origins);
}

/**
 * Lists the masters that an address names: those of a list, or those that take part in the election in ZooKeeper.
 *
 * @returns their origins, without an order.
 * @throws {AddressError} {ZooKeeperAddressError} when it is no address; {NoLeaderError} when a file cannot be read;
 *   {ZooKeeperError} of @meseta/storage/zookeeper.
 */
export async function mastersOf(address: string, options: LeaderOptions = {}): Promise<string[]> {
  const parsed = parseLeaderAddress(address, options.port ?? 5050);
  if (parsed.type === 'masters') return [...parsed.origins];
  if (parsed.type === 'file') return mastersOf(await readAddress(parsed.path), options);
  const { electedMasters } = await import('@meseta/storage/zookeeper');
  const infos = await electedMasters(parsed.address, options.sessionTimeoutMs ?? 10_000);
  return infos.map(info => originOf(info, options));
}

/** The one of several masters that leads, or the one that they name. */
class ListedLeader implements LeaderFinder {
  readonly #origins: readonly string[];
  readonly #stop = new AbortController();

  constructor(origins: readonly string[]) {
    this.#origins = origins;
  }

  async find({ waitMs = defaultWaitMs, signal }: FindOptions = {}): Promise<string> {
    const until = performance.now() + waitMs;
    const stop = AbortSignal.any([this.#stop.signal, ...(signal ? [signal] : [])]);
    for (;;) {
      const problems: string[] = [];
      for (const origin of this.#origins) {
        stop.throwIfAborted();
        const answer = await askLeader(origin, stop);
        if ('leader' in answer) return answer.leader;
        // A single address is taken at its word: the call explains what is there.
        if (answer.isStranger && this.#origins.length === 1) return origin;
        problems.push(answer.problem);
      }
      if (performance.now() + pauseMs > until) throw new NoLeaderError(`No master leads: ${problems.join('; ')}`);
      await delay(pauseMs, undefined, { signal: stop }).catch(() => stop.throwIfAborted());
    }
  }

  watch(onChange: (origin: string | undefined) => void): () => void {
    return reportOnce(this, onChange);
  }

  close(): void {
    this.#stop.abort(new NoLeaderError('The search for the leader was closed'));
  }
}

/** Asks a master where the leader is: one that stands by redirects this, and one that leads answers. */
async function askLeader(
  origin: string,
  signal: AbortSignal,
): Promise<{ readonly leader: string } | { readonly problem: string; readonly isStranger?: true }> {
  const client = new HttpClient(origin, { headersMs: answerMs });
  const peer = new URL(origin).host;
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
    const response = await client.request('GET', '/master/slaves?slave_id=none', { signal: limit });
    response.cancel();
    const { location } = response.headers;
    if (response.status === 503) return { problem: `${peer} knows no leader` };
    if (response.status === 404) return { problem: `${peer} is not a master`, isStranger: true };
    if (response.status === 307 && location !== undefined) {
      const leader = URL.parse(location, origin);
      return leader ? { leader: leader.origin } : { problem: `${peer} names no leader` };
    }
    return { leader: origin };
  } catch (error) {
    signal.throwIfAborted();
    return { problem: (error as Error).name === 'TimeoutError' ? `${peer} does not answer` : (error as Error).message };
  } finally {
    await client.close();
  }
}

/** The leader by an address that is read from a file at each search. */
class FileLeader implements LeaderFinder {
  readonly #path: string;
  readonly #options: LeaderOptions;
  #content: string | undefined;
  #finder: LeaderFinder | undefined;
  #closed = false;

  constructor(path: string, options: LeaderOptions) {
    this.#path = path;
    this.#options = options;
  }

  async find(options?: FindOptions): Promise<string> {
    const content = await readAddress(this.#path);
    if (content !== this.#content || this.#finder === undefined) {
      this.#finder?.close();
      this.#finder = leaderOf(content, this.#options);
      this.#content = content;
      if (this.#closed) this.#finder.close();
    }
    return this.#finder.find(options);
  }

  watch(onChange: (origin: string | undefined) => void): () => void {
    return reportOnce(this, onChange);
  }

  close(): void {
    this.#closed = true;
    this.#finder?.close();
  }
}

/** Reads the address that is in a file. @throws {NoLeaderError} */
async function readAddress(path: string): Promise<string> {
  const content = await readFile(path, 'utf8').catch(cause => {
    throw new NoLeaderError(`Cannot read the address of the master: ${(cause as Error).message}`, { cause });
  });
  if (content.trim() === '') throw new NoLeaderError(`${path} is empty; it has to contain the address of the master`);
  if (content.trim().startsWith('file://')) throw new NoLeaderError(`${path} names another file, not a master`);
  return content.trim();
}

/** The leader as ZooKeeper reports it. */
class ZooKeeperLeader implements LeaderFinder {
  readonly #address: ZooKeeperAddress;
  readonly #options: LeaderOptions;
  readonly #watchers = new Set<(origin: string | undefined) => void>();
  #origin: string | undefined;
  #problem = '';
  #closed = false;
  #isDetecting = false;
  #stopDetecting: () => void = () => undefined;

  constructor(address: ZooKeeperAddress, options: LeaderOptions) {
    this.#address = address;
    this.#options = options;
  }

  find({ waitMs = defaultWaitMs, signal }: FindOptions = {}): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const stop = this.watch(origin => {
      if (this.#closed) reject(new NoLeaderError('The search for the leader was closed'));
      if (origin !== undefined) resolve(origin);
    });
    const limit = setTimeout(() => reject(this.#none(waitMs)), waitMs);
    const abort = () => reject(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    return promise.finally(() => {
      stop();
      clearTimeout(limit);
      signal?.removeEventListener('abort', abort);
    });
  }

  watch(onChange: (origin: string | undefined) => void): () => void {
    this.#watchers.add(onChange);
    queueMicrotask(() => this.#watchers.has(onChange) && onChange(this.#origin));
    void this.#detect();
    return () => void this.#watchers.delete(onChange);
  }

  close(): void {
    this.#closed = true;
    this.#stopDetecting();
    this.#report(undefined);
    this.#watchers.clear();
  }

  async #detect(): Promise<void> {
    if (this.#isDetecting || this.#closed) return;
    this.#isDetecting = true;
    const { masterElection } = await import('@meseta/storage/zookeeper');
    if (this.#closed) return;
    const { detector } = masterElection({
      address: this.#address,
      timeoutMs: this.#options.sessionTimeoutMs ?? 10_000,
      report: (level, message) => {
        this.#problem = level === 'warning' ? message : '';
      },
    });
    this.#stopDetecting = detector.watch(leader => {
      this.#report(leader && originOf(leader, this.#options));
    });
  }

  #report(origin: string | undefined): void {
    this.#origin = origin;
    for (const watcher of [...this.#watchers]) watcher(origin);
  }

  #none(waitMs: number): NoLeaderError {
    const place = formatZooKeeperAddress(this.#address);
    const why = this.#problem || 'no master has a node there: check that masters run with this address as --zk';
    return new NoLeaderError(`No master leads at ${place} within ${Math.round(waitMs / 1000)} s: ${why}`);
  }
}

function originOf(info: MasterInfo, { scheme = defaultScheme(process.env) }: LeaderOptions): string {
  return `${scheme}://${hostOf(info)}`;
}

/** Masters announce an address at which they are reachable; their host names need not be known everywhere. */
function hostOf({ address, pid, hostname, port }: MasterInfo): string {
  if (address?.ip) return withPort(address.ip, address.port);
  const [, ofPid] = /@(.+)$/.exec(pid ?? '') ?? [];
  return ofPid ?? withPort(hostname ?? '', port);
}

function withPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function reportOnce(finder: LeaderFinder, onChange: (origin: string | undefined) => void): () => void {
  let isOver = false;
  finder.find().then(
    origin => isOver || onChange(origin),
    () => isOver || onChange(undefined),
  );
  return () => {
    isOver = true;
  };
}
