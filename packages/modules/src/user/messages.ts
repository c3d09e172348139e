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

/** A message to the thread. `signal`: the method gets an AbortSignal, which `abort` aborts. */
export type Request =
  | {
      readonly type: 'call';
      readonly id: number;
      readonly method: string;
      readonly args: readonly unknown[];
      readonly signal: boolean;
    }
  | { readonly type: 'abort'; readonly id: number };

/** A message from the thread. `ready` or `unusable` is the first; each call gets one `result` or `error`. */
export type Reply =
  | { readonly type: 'ready'; readonly description: Description }
  | { readonly type: 'unusable'; readonly message: string }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly message: string };
