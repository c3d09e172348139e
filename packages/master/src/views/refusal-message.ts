import type { Amounts } from '@meseta/resources';
import { readableDuration } from '@meseta/system';
import type { GateReason, Refusal, StateReason } from '../allocator/index.ts';

/** What a refusal says beside its reason, as far as the principal may see it. */
export interface RefusalDetails extends Record<string, unknown> {
  readonly roles?: readonly string[];
  readonly held?: readonly HeldView[];
  readonly withheld?: Amounts;
  readonly shortfalls?: readonly { readonly minimum: Amounts; readonly missing: Amounts }[];
  readonly role?: string;
  readonly limits?: Amounts;
  readonly consumed?: Amounts;
  /** The allocator module, and why it could not decide. */
  readonly module?: string;
  readonly problem?: string;
  /** Agents that are back after a change of master, and the number that ends the pause. */
  readonly agents?: number;
  readonly expected_agents?: number;
  /** Rounded up. */
  readonly left_seconds?: number;
}

/** What one framework holds of an agent: what is offered to it, and the rest, which is in use. */
export interface HeldView {
  /** Absent when the principal may not see the framework. */
  readonly framework_id?: string;
  readonly resources: Amounts;
  readonly offers: readonly OfferView[];
}

interface OfferView {
  readonly id: string;
  readonly resources: Amounts;
  /** The time until `--offer_timeout` ends the offer; absent without that flag. */
  readonly left_seconds?: number;
}

/** The sentences for reasons without details: what is so, and where that can be changed. */
const sentences: Readonly<Record<GateReason | StateReason, string>> = {
  FRAMEWORK_INACTIVE: 'The framework is disconnected or deactivated: its scheduler must subscribe again.',
  SUPPRESSED: 'The framework suppressed offers for the role: its scheduler must send REVIVE.',
  AGENT_INACTIVE: 'The agent is disconnected, draining or deactivated.',
  NOT_WHITELISTED: "The agent's host is not in the file given by --whitelist.",
  OFFER_CONSTRAINTS: "The framework's offer constraints exclude the agent.",
  NO_GPU_CAPABILITY:
    'The agent has GPUs, and the framework lacks the capability GPU_RESOURCES (see --filter_gpu_resources).',
  NOT_REGION_AWARE:
    'The agent is in another region than the master, and the framework lacks the capability REGION_AWARE.',
  AGENT_NOT_MULTI_ROLE: 'The framework has the capability MULTI_ROLE, and the agent lacks it.',
  AGENT_NOT_HIERARCHICAL: 'The role is below another role, and the agent lacks the capability HIERARCHICAL_ROLE.',
};

/** Returns a sentence for operators: why an agent is not offered, and what can be done about it. */
export function refusalMessage(reason: Refusal['reason'], details: RefusalDetails): string {
  const { roles = [], held = [], withheld, shortfalls = [], role, limits, consumed, left_seconds } = details;
  switch (reason) {
    case 'ALLOCATOR_MODULE':
      return `The framework may have the agent, if the allocator module '${details.module}' chooses it.${details.problem === undefined ? '' : ` The module's last answer cannot be used: ${details.problem}.`}`;
    case 'RECOVERY_PAUSE':
      return `The master has changed, and there are quotas: nothing is offered until ${details.expected_agents} agents are back (${details.agents} are), or for ${time(left_seconds)} more (see --allocator_recovery_timeout).`;
    case 'NOT_SUBSCRIBED':
      return `The framework is not subscribed to the role. Its roles: ${roles.join(', ') || 'none'}.`;
    case 'NOTHING_AVAILABLE':
      return `Nothing is free that the framework may have. ${[...held.map(heldText), ...withheldText(withheld)].join(' ')}`.trim();
    case 'TOO_SMALL': {
      const missing = shortfalls.map(shortfall => text(shortfall.missing)).join(' or ');
      return `Too little is free: ${missing} more would be enough for an offer (see --min_allocatable_resources, and the framework's offer_filters).`;
    }
    case 'QUOTA':
      return role === undefined
        ? 'The quota of the role is used up, or the rest is kept for the guarantees of other roles.'
        : `The quota of the role '${role}' is used up, or the rest is kept for the guarantees of other roles. Limits: ${text(limits)}; consumed: ${text(consumed)}.`;
    case 'FILTERED':
      return `The framework declined these resources: they are not offered to it for ${time(left_seconds)} more, unless its scheduler sends REVIVE.`;
    default:
      return sentences[reason];
  }
}

const time = (seconds = 0) => readableDuration(seconds * 1000);

function heldText({ framework_id, resources, offers }: HeldView): string {
  const who = framework_id === undefined ? 'Another framework' : `Framework ${framework_id}`;
  const offered = offers.map(({ id, resources, left_seconds }) => {
    const end = left_seconds === undefined ? '' : `, which ends in ${time(left_seconds)} at the latest`;
    return ` Of that, ${text(resources)} is in the offer ${id}${end}.`;
  });
  return `${who} holds ${text(resources)}.${offered.join('')}`;
}

function withheldText(withheld: RefusalDetails['withheld']): string[] {
  if (withheld === undefined || Object.keys(withheld).length === 0) return [];
  return [`Reserved for other roles, revocable or shared: ${text(withheld)}.`];
}

/** Writes amounts as flags have them: `cpus:4;mem:100`. */
function text(amounts: Amounts = {}): string {
  const all = Object.entries(amounts).map(([name, amount]) => `${name}:${amount}`);
  return all.join(';') || 'nothing';
}
