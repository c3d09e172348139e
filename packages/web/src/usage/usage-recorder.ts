/** What containers use, from numbers that are read again and again. */

import type { Shape } from '../requests/shape.ts';

/** A container as `/monitor/statistics` and `/containers` of an agent show it. */
export interface MeasuredContainer {
  readonly framework_id: string;
  readonly executor_id: string;
  readonly container_id?: string;
  readonly statistics?: {
    /** Seconds since the epoch, by the agent's clock. */
    readonly timestamp?: number;
    readonly cpus_limit?: number;
    readonly cpus_user_time_secs?: number;
    readonly cpus_system_time_secs?: number;
    readonly mem_rss_bytes?: number;
    readonly mem_limit_bytes?: number;
  };
}

/** The form of a list of them. */
export const measuredShape: Shape = [{ framework_id: 'string', executor_id: 'string', 'statistics?': { '*': 'any' } }];

/** What is used at one time, over all containers; null: it is not known. */
export interface UsageSample {
  /** Milliseconds since the epoch, by the browser's clock. */
  readonly time: number;
  /** Cores, on average since the sample before. */
  readonly cpus: number | null;
  readonly memBytes: number | null;
  readonly cpusLimit: number | null;
  readonly memLimitBytes: number | null;
}

/** An hour of samples, one in five seconds. */
const MAX_SAMPLES = 720;

interface Spent {
  readonly at: number;
  readonly seconds: number;
}

/** Keeps the samples of the last hour. */
export class UsageRecorder {
  #samples: readonly UsageSample[] = [];
  /** CPU time that each container had spent at the sample before. */
  #spent: ReadonlyMap<string, Spent> | undefined;

  get samples(): readonly UsageSample[] {
    return this.#samples;
  }

  /** Adds what the agent answered. */
  add(time: number, containers: readonly MeasuredContainer[]): void {
    const spent = new Map<string, Spent>();
    for (const container of containers) {
      const now = spentBy(container);
      if (now) spent.set(keyOf(container), now);
    }
    const sum = (name: 'mem_rss_bytes' | 'cpus_limit' | 'mem_limit_bytes') => sumOf(containers, name);
    this.#push({
      time,
      cpus: containers.length === 0 && this.#spent ? 0 : coresBetween(this.#spent, spent),
      memBytes: sum('mem_rss_bytes'),
      cpusLimit: sum('cpus_limit'),
      memLimitBytes: sum('mem_limit_bytes'),
    });
    this.#spent = spent;
  }

  /** Notes that there was no answer: nothing is drawn there, and nothing is computed over it. */
  miss(time: number): void {
    this.#spent = undefined;
    this.#push({ time, cpus: null, memBytes: null, cpusLimit: null, memLimitBytes: null });
  }

  #push(sample: UsageSample): void {
    this.#samples = [...this.#samples, sample].slice(-MAX_SAMPLES);
  }
}

const keyOf = ({ framework_id, executor_id, container_id = '' }: MeasuredContainer) =>
  `${framework_id}/${executor_id}/${container_id}`;

function spentBy({ statistics }: MeasuredContainer): Spent | undefined {
  const { timestamp, cpus_user_time_secs: user, cpus_system_time_secs: system } = statistics ?? {};
  if (timestamp === undefined || user === undefined) return undefined;
  return { at: timestamp, seconds: user + (system ?? 0) };
}

/** Returns the cores that containers which are in both samples have used; null: there is none whose use is known. */
function coresBetween(before: ReadonlyMap<string, Spent> | undefined, now: ReadonlyMap<string, Spent>): number | null {
  if (before === undefined) return null;
  let cores: number | null = null;
  for (const [key, { at, seconds }] of now) {
    const earlier = before.get(key);
    if (earlier === undefined || at <= earlier.at || seconds < earlier.seconds) continue;
    cores = (cores ?? 0) + (seconds - earlier.seconds) / (at - earlier.at);
  }
  return cores;
}

function sumOf(
  containers: readonly MeasuredContainer[],
  name: 'mem_rss_bytes' | 'cpus_limit' | 'mem_limit_bytes',
): number | null {
  if (containers.length === 0) return 0;
  let sum: number | null = null;
  for (const { statistics } of containers) {
    const value = statistics?.[name];
    if (value !== undefined) sum = (sum ?? 0) + value;
  }
  return sum;
}
