/** Faults at the steps of custom executors and of containers that operators launch. See `support/faults/launch-faults.ts`. */
import { testFaults } from './support/faults/launch-faults.ts';
import type { Plan } from './support/faults/plan.ts';
import { containerWays } from './support/faults/ways.ts';

/** The disk refuses to remove what is kept of a container: that is tried again. */
const removals: Readonly<Record<string, readonly Plan[]>> = {
  session: [{ step: 1, fault: 'EIO', at: '^rm .*/io/' }],
  nested: [{ step: 1, fault: 'EIO', at: '^unlink .*/environments/' }],
};

testFaults(containerWays, ({ name }) => ({ plans: (removals[name] ?? []).map((plan): [Plan] => [plan]) }));
