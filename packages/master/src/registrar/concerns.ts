import { isDeepStrictEqual } from 'node:util';
import type { RegistryOperation } from './operation.ts';
import type { RegistryConcerns, RegistryState } from './registry-state.ts';

/**
 * Makes an operation on what the registry does not keep by agent: weights, quotas, maintenance.
 *
 * @param what for logs and errors.
 * @param change the new values, `{ weights }`, made from the current ones; throws `RegistryError` to refuse.
 */
export function updateConcerns(
  what: string,
  change: (concerns: Readonly<RegistryConcerns>) => Partial<RegistryConcerns>,
): RegistryOperation {
  return {
    what,
    perform(registry: RegistryState): boolean {
      const changes = change(registry.concerns);
      const keys = Object.keys(changes) as (keyof RegistryConcerns)[];
      if (keys.every(key => isDeepStrictEqual(registry.concerns[key], changes[key]))) return false;
      registry.update(changes);
      return true;
    },
  };
}
