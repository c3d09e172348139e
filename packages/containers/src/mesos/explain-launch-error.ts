import type { ContainerLimitation } from '@meseta/protocol';
import { LaunchError } from '../errors.ts';
import { IsolatorError } from './isolators/isolator-chain.ts';

/**
 * Converts an error of a launch to that of Mesos: an isolator's own error instead of the launcher's, with the limit for
 * which the container was destroyed.
 */
export function explained(error: unknown, limitation: ContainerLimitation | undefined): unknown {
  const code = error instanceof LaunchError ? error.code : undefined;
  const { cause } = error as Error;
  const first = code === 'CHECKPOINT' && cause instanceof IsolatorError ? cause : error;
  if (limitation === undefined) return first;
  const destroyed = code === 'DESTROYED' || code === 'SPAWNER'; // which of the two comes first depends on timing
  const what = destroyed ? 'Container is being destroyed during isolating' : (first as Error).message;
  return new LaunchError('LIMITED', `${what}; ${limitation.message ?? ''}`, { limitation, cause: error });
}
