import type { Kind } from '@meseta/resources';
import type { Client } from './role-state.ts';

/** Why a client is never given a kind of resource. */
export type WithheldReason =
  /** It is reserved for another role. */
  | 'RESERVED'
  /** It is a shared volume, and the framework lacks SHARED_RESOURCES. */
  | 'NO_SHARED_CAPABILITY'
  /** It can be taken back at any time, and the framework lacks REVOCABLE_RESOURCES. */
  | 'NO_REVOCABLE_CAPABILITY'
  /** It is reserved within a reservation, and the framework lacks RESERVATION_REFINEMENT. */
  | 'NO_REFINEMENT_CAPABILITY';

/** All of these reasons. */
export const withheldReasons: readonly WithheldReason[] = [
  'RESERVED',
  'NO_SHARED_CAPABILITY',
  'NO_REVOCABLE_CAPABILITY',
  'NO_REFINEMENT_CAPABILITY',
];

/** Returns why a client is not given a kind of resource; undefined when it may have it. */
export function withheld(kind: Kind, { role, abilities }: Client): WithheldReason | undefined {
  if (!kind.isAllocatableTo(role.name)) return 'RESERVED';
  if (!abilities.shared && kind.isShared) return 'NO_SHARED_CAPABILITY';
  if (!abilities.revocable && kind.isRevocable) return 'NO_REVOCABLE_CAPABILITY';
  if (!abilities.refinement && kind.reservations.length >= 2) return 'NO_REFINEMENT_CAPABILITY';
  return undefined;
}
