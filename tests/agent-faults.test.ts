/** Faults at the steps of agents that drain, or are started with other flags. See `support/faults/launch-faults.ts`. */
import { agentWays } from './support/faults/agent-ways.ts';
import { testFaults } from './support/faults/launch-faults.ts';

testFaults(agentWays, () => ({}));
