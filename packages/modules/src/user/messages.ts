/** What a module's thread and its host tell each other. */
import type { ModuleParameters } from './user-module.ts';

export interface WorkerOptions {
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  readonly kind: 'hook' | 'isolator';
  readonly parameters: ModuleParameters;
}

/** What the module turned out to be. */
export interface Description {
  readonly methods: readonly string[];
  readonly supportsNesting: boolean;
  readonly supportsStandalone: boolean;
}

export type Request =
  | {
      readonly type: 'call';
      readonly id: number;
      readonly method: string;
      readonly args: readonly unknown[];
      readonly signal: boolean;
    }
  | { readonly type: 'abort'; readonly id: number };

export type Reply =
  | { readonly type: 'ready'; readonly description: Description }
  | { readonly type: 'unusable'; readonly message: string }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly message: string };
