/** The messages between a module's thread and its host. */
import type { ModuleKind, ModuleParameters } from './user-module.ts';

/** The module that a thread runs. */
export interface WorkerOptions {
  readonly name: string;
  /** The absolute path of the ES module. */
  readonly file: string;
  readonly kind: ModuleKind;
  readonly parameters: ModuleParameters;
}

/** The methods that the module has, and what it supports. */
export interface Description {
  readonly methods: readonly string[];
  readonly supportsNesting: boolean;
  readonly supportsStandalone: boolean;
  /** What a fetcher fetches; empty for others. */
  readonly schemes: readonly string[];
  /** The scheme of an HTTP authenticator, if it names one. */
  readonly scheme: string | undefined;
}

/**
 * A message to the thread. `signal`: the method gets an AbortSignal, which `abort` aborts. `next`: the last item of a
 * stream is handled, another one may come.
 */
export type Request =
  | {
      readonly type: 'call';
      readonly id: number;
      readonly method: string;
      readonly args: readonly unknown[];
      readonly signal: boolean;
    }
  | { readonly type: 'abort' | 'next'; readonly id: number };

/**
 * A message from the thread. `ready` or `unusable` is the first; each call gets one `result` or `error`. A method that
 * returns an async iterable sends its items before that, with the time by `performance.now()` of the thread and by the clock
 * that all threads share.
 */
export type Reply =
  | { readonly type: 'ready'; readonly description: Description }
  | { readonly type: 'unusable'; readonly message: string }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'item'; readonly id: number; readonly value: unknown; readonly at: ItemTime }
  | { readonly type: 'error'; readonly id: number; readonly message: string };

/** When an item was sent, milliseconds: `ofThread` by `performance.now()` of the thread, `monotonic` by {@link monotonicMs}. */
export interface ItemTime {
  readonly ofThread: number;
  readonly monotonic: number;
}

/** The time in milliseconds by a clock that never goes back and that all threads of a process share. */
export const monotonicMs = () => Number(process.hrtime.bigint()) / 1e6;
