import type { Client } from '../role-state.ts';

/** Something that keeps a client away from all agents: it takes part in no run. */
export interface ClientGate {
  readonly reason: 'NOT_SUBSCRIBED' | 'FRAMEWORK_INACTIVE' | 'SUPPRESSED';
  blocks(client: Client): boolean;
}

/** Keeps out clients that only hold resources of a role which their framework has left. */
export const notSubscribed: ClientGate = {
  reason: 'NOT_SUBSCRIBED',
  blocks: client => !client.subscribed,
};

/** Keeps out frameworks that are disconnected or deactivated. */
const frameworkInactive: ClientGate = {
  reason: 'FRAMEWORK_INACTIVE',
  blocks: ({ framework }) => !framework.active,
};

/** Keeps out frameworks that want no offers for the role. */
const suppressed: ClientGate = {
  reason: 'SUPPRESSED',
  blocks: ({ framework, role }) => framework.suppressedRoles.has(role.name),
};

/** All gates of clients. */
export const clientGates: readonly ClientGate[] = [notSubscribed, frameworkInactive, suppressed];

/** Tells whether a client wants offers: no gate keeps it out. */
export function competes(client: Client): boolean {
  return !clientGates.some(gate => gate.blocks(client));
}
