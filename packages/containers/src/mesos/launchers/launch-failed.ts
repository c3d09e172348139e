import { launchFailure } from '../launch-request.ts';
import { spawnerKilled } from './container-ends.ts';
import type { ShimContainer } from './shim-container.ts';

/** Ends a launch that a shim says has failed. */
export function onLaunchFailed(container: ShimContainer, errno: number, step: string): void {
  const { id, spec, steps } = container;
  if (spec !== undefined)
    return container.onFailed(step === 'abort' ? spawnerKilled(id) : launchFailure(spec, errno, step, steps));
  container.onExit({ kind: 'not-started' }); // the launch of an earlier agent
  container.onDrained();
}
