/** Faults at the steps of tasks with something that takes part in every launch. See `support/faults/launch-faults.ts`. */
import { equippedWays } from './support/faults/equipped-ways.ts';
import { testFaults } from './support/faults/launch-faults.ts';
import type { Plan } from './support/faults/plan.ts';

/** The disk refuses to remove what is kept of a container: that is tried again. */
const removals: Readonly<Record<string, readonly Plan[]>> = {
  'container-logger': [{ step: 1, fault: 'EIO', at: '^rm .*/logs/' }],
  'command-modules': [{ step: 1, fault: 'EIO', at: '^rm .*/isolators/command/' }],
};

testFaults(equippedWays, way => ({
  flags: way.flags,
  plans: (removals[way.name] ?? []).map((plan): [Plan] => [plan]),
}));
