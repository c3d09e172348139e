import type { Client } from '../role-state.ts';
import type { AgentGate, GateOptions } from './gate.ts';
import { gpuCapability } from './gpu-capability.ts';
import { hierarchicalRole } from './hierarchical-role.ts';
import { multiRole } from './multi-role.ts';
import { offerConstraints } from './offer-constraints.ts';
import { regionAware } from './region-aware.ts';

export { candidateGates } from './candidate-gates.ts';
export { clientGates, competes, notSubscribed } from './client-gates.ts';
export type { AgentGate, GateOptions } from './gate.ts';

/** All gates between clients and agents; each blocks on its own, the order only says which is named first. */
export const agentGates: readonly AgentGate[] = [
  offerConstraints,
  gpuCapability,
  regionAware,
  multiRole,
  hierarchicalRole,
];

/** Returns the gates that can ever block this client. */
export function gatesFor(client: Client, options: GateOptions): AgentGate[] {
  return agentGates.filter(gate => gate.concerns(client, options));
}
