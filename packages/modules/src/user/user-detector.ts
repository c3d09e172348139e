/** Makes a module of a user the detector of a master or an agent. It runs in its thread, and what it says is checked. */
import { isDeepStrictEqual } from 'node:util';
import { fromJson, MasterInfo } from '@meseta/protocol';
import type { LeaderDetector } from '@meseta/storage';
import { ModuleError } from '../errors.ts';
import type { ModuleHost } from './module-host.ts';
import { retried } from './retry.ts';
import { shown } from './shown.ts';
import type { ElectionReport } from './user-contender.ts';

/** The longest text in what a module says of a master, in characters; a name of a host has 253 at most. */
const longestText = 1024;
/** After this time it is said that the module says nothing. */
const patienceMs = 30_000;

/**
 * Makes a detector of a module. The module looks for the leader from the first watcher to the last.
 *
 * @throws {ModuleError} when the module cannot detect.
 */
export function userDetector(host: ModuleHost, report: ElectionReport): LeaderDetector<MasterInfo> {
  if (!host.has('detect')) {
    throw new ModuleError('MODULE_FAILED', `Detector module '${host.name}' has no method 'detect'`);
  }
  const detector = new UserDetector(host, report);
  return { watch: onChange => detector.watch(onChange) };
}

type Watcher = (leader: MasterInfo | undefined) => void;

class UserDetector {
  readonly #host: ModuleHost;
  readonly #report: ElectionReport;
  readonly #watchers = new Set<Watcher>();
  #leader: MasterInfo | undefined;
  #stop: AbortController | undefined;
  #problem = '';

  constructor(host: ModuleHost, report: ElectionReport) {
    this.#host = host;
    this.#report = report;
  }

  watch(onChange: Watcher): () => void {
    this.#watchers.add(onChange);
    queueMicrotask(() => this.#watchers.has(onChange) && onChange(this.#leader));
    if (this.#stop === undefined) void this.#run();
    return () => {
      this.#watchers.delete(onChange);
      if (this.#watchers.size > 0) return;
      this.#stop?.abort();
      this.#stop = undefined;
      this.#leader = undefined;
    };
  }

  async #run(): Promise<void> {
    const stop = new AbortController();
    this.#stop = stop;
    const { name } = this.#host;
    await retried(stop.signal, async () => {
      const impatience = setTimeout(() => {
        this.#explain(`Detector module '${name}' has not said yet who leads, not even that no master does`);
      }, patienceMs).unref();
      const why = await this.#detect(stop.signal, () => clearTimeout(impatience));
      clearTimeout(impatience);
      if (stop.signal.aborted) return false;
      this.#explain(`Detector module '${name}' is called again: ${why}`);
      this.#tell(undefined);
      return true;
    });
  }

  /** Returns why the module has ended. */
  async #detect(signal: AbortSignal, onFirst: () => void): Promise<string> {
    const onItem = (value: unknown) => {
      onFirst();
      const leader = readLeader(value);
      this.#tell(leader);
      if (this.#problem !== '') this.#report('info', `Detector module '${this.#host.name}' says who leads again`);
      this.#problem = '';
    };
    try {
      await this.#host.stream('detect', [], { signal, onItem });
      return 'detect() has returned';
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** Says a problem once, until it is solved. */
  #explain(problem: string): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#report('warning', problem);
  }

  #tell(leader: MasterInfo | undefined): void {
    if (isDeepStrictEqual(leader, this.#leader)) return;
    this.#leader = leader;
    for (const watcher of [...this.#watchers]) watcher(leader);
  }
}

/** @throws {TypeError} when it does not describe a master. */
function readLeader(value: unknown): MasterInfo | undefined {
  if (value === undefined || value === null) return undefined;
  try {
    const leader = fromJson(MasterInfo, value);
    const texts = [
      leader.id,
      leader.pid,
      leader.hostname,
      leader.version,
      leader.address?.ip,
      leader.address?.hostname,
    ];
    if (texts.some(text => text !== undefined && text.length > longestText)) throw new Error('a text is too long');
    if (leader.id === '') throw new Error('its id is empty');
    return leader;
  } catch (error) {
    const expected = 'the MasterInfo that contend() got, or undefined';
    throw new TypeError(`detect() must yield ${expected}, not ${shown(value)}: ${(error as Error).message}`);
  }
}
