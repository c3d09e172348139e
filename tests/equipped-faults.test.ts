/** Faults at the steps of tasks with something that takes part in every launch. See `support/faults/launch-faults.ts`. */
import { equippedWays } from './support/faults/equipped-ways.ts';
import { testFaults } from './support/faults/launch-faults.ts';

testFaults(equippedWays, way => way);
