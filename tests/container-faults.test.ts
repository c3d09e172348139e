/** Faults at the steps of custom executors and of containers that operators launch. See `support/faults/launch-faults.ts`. */
import { testFaults } from './support/faults/launch-faults.ts';
import { containerWays } from './support/faults/ways.ts';

testFaults(containerWays, () => ({}));
