/** Faults at the steps of command tasks and pods. See `support/faults/launch-faults.ts`. */
import { testFaults } from './support/faults/launch-faults.ts';
import { taskWays } from './support/faults/ways.ts';

testFaults(taskWays, ({ name }) => {
  // An agent that cannot open what it needs ends, and does not hang.
  return name === 'command'
    ? {
        plans: [
          [
            { step: 1, fault: 'agent', at: 'write to a peer' },
            { step: 1, fault: 'ENOENT', at: '/events$' },
          ],
        ],
      }
    : {};
});
