import type { AllocationReason, InverseAnswer } from '../allocation.ts';

/** What the allocator calls inactive is one of these. */
type StateReason =
  | 'FRAMEWORK_DISCONNECTED'
  | 'FRAMEWORK_DEACTIVATED'
  | 'FRAMEWORK_NOT_BACK'
  | 'AGENT_DISCONNECTED'
  | 'AGENT_DRAINING'
  | 'AGENT_DEACTIVATED'
  /** In the registry, but without a connection, or not seen since this master leads. */
  | 'AGENT_UNREACHABLE'
  | 'AGENT_NOT_BACK';

/** The agent's machine is to be away. It is offered all the same, with the plan in the offer: many frameworks decline that. */
interface Maintenance {
  readonly reason: 'MAINTENANCE';
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  /** Absent: it does not come back. */
  readonly durationMs?: number;
  /** What the framework answered to the inverse offer; absent when it was not asked. */
  readonly answer?: InverseAnswer['status'];
  /** How much longer it is not asked again. */
  readonly askedAgainInMs?: number;
}

/** Why a framework is not offered an agent, or what keeps it from taking it. */
export type Reason = AllocationReason | { readonly reason: StateReason } | Maintenance;

/** The name of a reason in JSON. */
export type ReasonName = Reason['reason'];

/** The reasons that do not keep the agent from being offered. */
const notes: ReadonlySet<ReasonName> = new Set(['LOWER_SHARE', 'ALLOCATOR_MODULE', 'MAINTENANCE']);

/** Tells whether the agent is not offered while the reason holds, whatever others do. */
export function blocks({ reason }: Reason): boolean {
  return !notes.has(reason);
}
