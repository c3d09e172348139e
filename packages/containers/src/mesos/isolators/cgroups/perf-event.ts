/**
 * `cgroups/perf_event`: events of processors and of the kernel, such as cache misses, that the containers cause. With
 * `--perf_events` the program `perf` counts them: every `--perf_interval`, for `--perf_duration`.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/cgroups/subsystems/perf_event.cpp, src/linux/perf.cpp
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { promisify } from 'node:util';
import { PerfStatistics } from '@meseta/protocol';
import type { ContainerKey } from '../../../container-id.ts';
import type { ContainerizerFlags } from '../../../containerizer-flags.ts';
import { CgroupError } from '../../cgroups/cgroups.ts';
import type { Hierarchy } from '../../cgroups/hierarchies.ts';
import type { Controller, ControllerParts } from './controller.ts';

const run = promisify(execFile);
/** How much longer than its duration a sample may take, and the longest that another call of perf may. */
const patienceMs = 5000;
const separator = ',';

/** Makes the controller of `cgroups/perf_event`. */
export async function perfEventController(parts: ControllerParts): Promise<Controller[]> {
  const { cgroups, flags } = parts;
  // Version 2 counts events of every group, without a controller.
  const hierarchy = cgroups.hierarchyOfEvents();
  const events = flags.perf_events ?? [];
  if (events.length === 0) return [{ hierarchy }];
  const times = timesOf(flags);
  await mustBeCounted(events);
  if (hierarchy.version === 2) await mustBeInVersion2();
  const sampler = new Sampler(parts, hierarchy, events, times);
  sampler.start();
  return [
    {
      hierarchy,
      settings: (_, { key, path }) => sampler.add(key, path),
      recover: async ({ key, path }) => void sampler.add(key, path),
      usage: async ({ key }) => ({ perf: sampler.of(key) }),
      forget: ({ key }) => sampler.remove(key),
      close: () => sampler.close(),
    },
  ];
}

interface Times {
  readonly intervalMs: number;
  readonly durationMs: number;
}

function timesOf({
  perf_interval: intervalMs = 60_000,
  perf_duration: durationMs = 10_000,
}: ContainerizerFlags): Times {
  if (durationMs <= intervalMs) return { intervalMs, durationMs };
  throw new CgroupError(
    `--perf_duration (${durationMs} ms) is longer than --perf_interval (${intervalMs} ms): a sample has to end before the next one begins`,
  );
}

/** @throws {CgroupError} a hierarchy of version 1 has the controller: events of groups of version 2 are not counted then. */
async function mustBeInVersion2(): Promise<void> {
  const controllers = await readFile('/proc/cgroups', 'utf8').catch(() => ''); // a kernel with version 2 only
  const [, number = '0'] = /^perf_event\t(\d+)/m.exec(controllers) ?? [];
  if (number === '0') return;
  throw new CgroupError(
    '--perf_events cannot be counted: the controller perf_event is in a hierarchy of version 1, which is not mounted below --cgroups_hierarchy. Mount it there: mount -t cgroup -o perf_event perf_event DIRECTORY',
  );
}

/** @throws {CgroupError} perf is not there, or cannot count an event on this machine. */
async function mustBeCounted(events: readonly string[]): Promise<void> {
  const unknown = events.filter(event => !PerfStatistics.byName.has(fieldOf(event)));
  if (unknown.length > 0) {
    throw new CgroupError(`--perf_events: statistics have no field for ${unknown.join(', ')} (see PerfStatistics)`);
  }
  const options = events.flatMap(event => ['--event', event]);
  await perf(['stat', ...options, 'true'], patienceMs).catch((cause: NodeJS.ErrnoException) => {
    const why =
      cause.code === 'ENOENT'
        ? 'the program perf is not in PATH. Install it (Debian: linux-perf), or leave the flag out'
        : cause.message.trim();
    throw new CgroupError(`--perf_events cannot be counted: ${why}`, { cause });
  });
}

/** Runs perf, and returns when it has ended: a process of it that is left would keep the cgroups in use. */
async function perf(argv: readonly string[], timeout: number, signal?: AbortSignal): Promise<string> {
  const env = { ...process.env, LC_ALL: 'C' };
  const running = run('perf', argv, { timeout, env, maxBuffer: 64 << 20, ...(signal && { signal }) });
  const closed = new Promise(resolve => running.child.once('close', resolve));
  try {
    return (await running).stdout;
  } finally {
    await closed;
  }
}

/** Takes samples of all containers, one after another. */
class Sampler {
  readonly #parts: Pick<ControllerParts, 'clock' | 'log'>;
  readonly #hierarchy: Hierarchy;
  readonly #events: readonly string[];
  readonly #times: Times;
  /** The cgroup of each container, below the hierarchy. */
  readonly #groups = new Map<ContainerKey, string>();
  #latest: ReadonlyMap<string, PerfStatistics> = new Map();
  #cancel: (() => void) | undefined;
  #sampling: Promise<void> = Promise.resolve();
  readonly #closed = new AbortController();

  constructor(
    parts: Pick<ControllerParts, 'clock' | 'log'>,
    hierarchy: Hierarchy,
    events: readonly string[],
    times: Times,
  ) {
    this.#parts = parts;
    this.#hierarchy = hierarchy;
    this.#events = events;
    this.#times = times;
  }

  add(key: ContainerKey, path: string): [] {
    this.#groups.set(key, relative(this.#hierarchy.path, path));
    return [];
  }

  remove(key: ContainerKey): void {
    this.#groups.delete(key);
  }

  /** Returns the last sample of a container; before its first one, one of no time. */
  of(key: ContainerKey): PerfStatistics {
    const { clock } = this.#parts;
    return this.#latest.get(this.#groups.get(key) ?? '') ?? { timestamp: clock.now() / 1000, duration: 0 };
  }

  start(): void {
    this.#sampling = this.#sample();
  }

  /** Ends perf, too. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#cancel?.();
    await this.#sampling;
  }

  async #sample(): Promise<void> {
    const { clock, log } = this.#parts;
    const { intervalMs, durationMs } = this.#times;
    const [begin, timestamp] = [clock.steady(), clock.now() / 1000];
    const groups = [...this.#groups.values()];
    const options = this.#events.flatMap(event => groups.flatMap(group => ['--event', event, '--cgroup', group]));
    const argv = ['stat', '--all-cpus', '--field-separator', separator, '--log-fd', '1', ...options];
    try {
      const seconds = durationMs / 1000;
      const text =
        groups.length === 0
          ? ''
          : await perf([...argv, '--', 'sleep', String(seconds)], durationMs + patienceMs, this.#closed.signal);
      this.#latest = parsePerf(text, { timestamp, duration: seconds });
    } catch (error) {
      if (!this.#closed.signal.aborted) log.warning('Failed to count events of containers (--perf_events)', { error });
    }
    if (this.#closed.signal.aborted) return;
    this.#cancel = clock.after(Math.max(begin + intervalMs - clock.steady(), 0), () => this.start());
  }
}

/**
 * Parses what perf writes: a line for each event and cgroup, `VALUE,UNIT,EVENT,CGROUP,…`, of old versions
 * `VALUE,EVENT,CGROUP`.
 *
 * @returns the numbers of each cgroup. Events that this machine does not support are left out.
 */
export function parsePerf(
  text: string,
  sample: Pick<PerfStatistics, 'timestamp' | 'duration'>,
): ReadonlyMap<string, PerfStatistics> {
  const found = new Map<string, PerfStatistics>();
  for (const line of text.split('\n')) {
    const fields = line.split(separator);
    const [value = ''] = fields;
    const [event, group] = fields.length === 3 ? fields.slice(1) : fields.slice(2);
    if (event === undefined || group === undefined || value === '<not supported>') continue;
    const number = value === '<not counted>' ? 0 : Number(value);
    if (PerfStatistics.byName.has(fieldOf(event))) {
      found.set(group, { ...(found.get(group) ?? sample), [fieldOf(event)]: number });
    }
  }
  return found;
}

/** Returns the field of an event in statistics: `cpu-clock` is `cpu_clock`. */
function fieldOf(event: string): string {
  return event.toLowerCase().replaceAll('-', '_');
}
