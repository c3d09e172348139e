import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ResourceStatistics } from '@meseta/protocol';
import type { Logger } from '@meseta/telemetry';
import { type PerlHelper, startPerlHelper } from '../../../shim/perl-helper.ts';

const program = fileURLToPath(new URL('./memory-events.pl', import.meta.url));

/** What the kernel showed of a cgroup when it had no memory left. */
export interface OutOfMemory {
  /** Bytes. */
  readonly limit: number;
  /** The most that was used, in bytes. */
  readonly most: number;
  /** The text of memory.stat. */
  readonly statistics: string;
}

type Pressure = Pick<
  ResourceStatistics,
  'mem_low_pressure_counter' | 'mem_medium_pressure_counter' | 'mem_critical_pressure_counter'
>;

/**
 * Events of memory cgroups of version 1: how often memory was short, and what a container used at the moment when it had none
 * left, before the kernel killed a process of it. A helper process listens (see memory-events.pl). Nothing but these figures
 * depends on it: that a container ran out of memory is seen without it.
 */
export class MemoryEvents {
  readonly #log: Logger;
  readonly #helper: Promise<PerlHelper | undefined>;
  /** By the path of the cgroup. */
  readonly #pressure = new Map<string, Pressure>();
  readonly #outOfMemory = new Map<string, OutOfMemory>();
  #closed = false;

  constructor(log: Logger) {
    this.#log = log;
    this.#helper = this.#start();
  }

  async #start(): Promise<PerlHelper | undefined> {
    try {
      const { child } = await startPerlHelper({
        purpose: 'listens to events of memory',
        argv: [program],
        workingDirectory: '/',
        environment: { PATH: process.env.PATH, LC_ALL: 'C' },
        onWarning: message => this.#log.warning(message.trim()),
      });
      createInterface({ input: child.stdout }).on('line', line => this.#onAnswer(line));
      child.once('exit', () => {
        if (!this.#closed)
          this.#log.warning('The process that listens to events of memory was killed; its counters stay as they are');
      });
      return child;
    } catch (error) {
      this.#log.warning('How short of memory containers are is not counted', { error });
      return undefined;
    }
  }

  /** Begins to listen to a cgroup, which exists. */
  watch(path: string): void {
    this.#pressure.set(path, pressure([0, 0, 0]));
    this.#send(`watch ${path}\n`);
  }

  /** Ends that, and forgets what was heard. */
  forget(path: string): void {
    this.#pressure.delete(path);
    this.#outOfMemory.delete(path);
    this.#send(`forget ${path}\n`);
  }

  /** Returns how often memory was short since `watch`; nothing for a cgroup that is not listened to. */
  pressure(path: string): Pressure {
    return this.#pressure.get(path) ?? {};
  }

  /** Returns what was used when there was none left; undefined when that was not heard. */
  outOfMemory(path: string): OutOfMemory | undefined {
    return this.#outOfMemory.get(path);
  }

  close(): void {
    this.#closed = true;
    void this.#helper.then(helper => helper?.stdin.end());
  }

  #send(request: string): void {
    void this.#helper.then(helper => helper?.stdin.write(request));
  }

  #onAnswer(line: string): void {
    const [, low, medium, critical, ofPressure = ''] = /^pressure (\d+) (\d+) (\d+) (.*)$/.exec(line) ?? [];
    // What comes after `forget` is of a cgroup that is gone.
    if (this.#pressure.has(ofPressure)) {
      this.#pressure.set(ofPressure, pressure([low, medium, critical].map(Number)));
    }
    const [, limit, most, path = '', statistics = ''] = /^oom (\d+) (\d+) ([^|]*)\|(.*)$/.exec(line) ?? [];
    if (!this.#pressure.has(path) || this.#outOfMemory.has(path)) return;
    const text = statistics.replaceAll('|', '\n');
    this.#outOfMemory.set(path, { limit: Number(limit), most: Number(most), statistics: text });
  }
}

function pressure([low = 0, medium = 0, critical = 0]: readonly number[]): Pressure {
  return {
    mem_low_pressure_counter: low,
    mem_medium_pressure_counter: medium,
    mem_critical_pressure_counter: critical,
  };
}
