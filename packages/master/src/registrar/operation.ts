import type { RegistryState } from './registry-state.ts';

/** One change of the registry: a small object, so that what can happen to the registry is a list of files. */
export interface RegistryOperation {
  /** For logs and errors: `Admit agent 1234-S0`. */
  readonly what: string;
  /**
   * Changes the registry, all or nothing: checks come before the first change. Must not keep what it is given.
   *
   * @returns whether anything changed; an operation that finds its work done is no failure.
   * @throws {RegistryError} when the operation makes no sense in this registry.
   */
  perform(registry: RegistryState): boolean;
}

/** An operation the registry refused. Nothing was changed. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly code = 'REGISTRY_OPERATION_REFUSED';
}
