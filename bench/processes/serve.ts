import { readFileSync } from 'node:fs';
import { type EventLoopWatch, watchEventLoop } from '../event-loop.ts';

/** What a process of a benchmark can be asked for, by name; arguments and answers are JSON. */
export type Handlers = Record<string, (...args: never[]) => unknown>;

export interface Question {
  readonly id: number;
  readonly name: string;
  readonly args: unknown[];
}

export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** Bytes. */
export interface Memory {
  /** Of the whole process, shared pages in proportion. */
  readonly pss: number;
  /** Objects alive after a collection. */
  readonly heap: number;
}

let watch: EventLoopWatch | undefined;

/** What every process can be asked for. */
const common = {
  watchLoop: () => {
    watch = watchEventLoop();
  },
  loopDelay: () => watch?.stop(),
  /** Processor time of all threads since the start, in milliseconds. */
  cpuMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  memory: (): Memory => {
    globalThis.gc?.();
    const pss = /^Pss:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/smaps_rollup', 'latin1'));
    return { pss: Number(pss?.[1]) * 1024, heap: process.memoryUsage().heapUsed };
  },
};
export type Common = typeof common;

/** Answers the process that started this one, and ends with it. */
export function serve(handlers: Handlers, end: () => Promise<void> = async () => undefined): void {
  const all: Handlers = { ...common, ...handlers };
  process.on('message', async ({ id, name, args }: Question) => {
    try {
      const handler = all[name] as ((...args: unknown[]) => unknown) | undefined;
      if (handler === undefined) throw new Error(`nothing is called '${name}'`);
      process.send?.({ id, value: await handler(...args) } satisfies Answer);
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? String(error.stack) : String(error) } satisfies Answer);
    }
  });
  process.once('disconnect', () => void end().finally(() => process.exit()));
  process.send?.({ id: 0 } satisfies Answer);
}
