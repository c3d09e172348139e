import type { Amounts } from '@meseta/resources';
import { readableDuration } from '@meseta/system';
import type { ReasonDetails } from './details.ts';
import type { ReasonName } from './reason.ts';

/** What a reason means for all of its agents, and what can be done about it. */
interface Sentences {
  readonly text: string;
  readonly advice: string;
}

/** For each reason, what is so and what to do. Operators read these at night. */
export const sentences: Readonly<Record<ReasonName, Sentences>> = {
  FRAMEWORK_INACTIVE: {
    text: 'The framework is disconnected or deactivated.',
    advice: 'Start its scheduler: it must subscribe again.',
  },
  FRAMEWORK_DISCONNECTED: {
    text: 'The framework is disconnected.',
    advice: 'Start its scheduler, or look why it cannot reach the master.',
  },
  FRAMEWORK_DEACTIVATED: {
    text: 'The framework is deactivated by its driver.',
    advice: 'Its scheduler must register again.',
  },
  FRAMEWORK_NOT_BACK: {
    text: 'The framework has not subscribed since this master leads.',
    advice: 'Start its scheduler, or look why it does not find the new leader.',
  },
  NOT_SUBSCRIBED: {
    text: 'The framework is not subscribed to the role.',
    advice: 'Ask about one of its roles, or let it subscribe with this one.',
  },
  SUPPRESSED: {
    text: 'The framework suppressed offers for the role.',
    advice: 'Its scheduler must send REVIVE.',
  },
  AGENT_INACTIVE: {
    text: 'The agent is disconnected, draining or deactivated.',
    advice: 'See `meseta agents` for its state.',
  },
  AGENT_DISCONNECTED: {
    text: 'The agent is disconnected.',
    advice: 'Start it again, or look at the network between it and the master.',
  },
  AGENT_DRAINING: {
    text: 'The agent is draining or drained.',
    advice: 'When its work is done: meseta agent reactivate.',
  },
  AGENT_DEACTIVATED: {
    text: 'An operator deactivated the agent.',
    advice: 'When it may be offered again: meseta agent reactivate.',
  },
  AGENT_UNREACHABLE: {
    text: 'The agent is unreachable.',
    advice: 'Start it again, or look at its machine and the network.',
  },
  AGENT_NOT_BACK: {
    text: 'The agent has not registered since this master leads.',
    advice: 'Wait, or look at the agent. After --agent_reregister_timeout it is unreachable.',
  },
  NOT_WHITELISTED: {
    text: "The agent's host is not in the file given by --whitelist.",
    advice: 'Add it to the file; the master reads it every 5 seconds.',
  },
  OFFER_CONSTRAINTS: {
    text: "The framework's offer constraints exclude the agent.",
    advice: 'Change the attributes of agents, or the constraints in the framework.',
  },
  NO_GPU_CAPABILITY: {
    text: 'The agent has GPUs, and the framework lacks the capability GPU_RESOURCES.',
    advice: 'Give the framework the capability, or start the master with --no-filter_gpu_resources.',
  },
  NOT_REGION_AWARE: {
    text: 'The agent is in another region than the master, and the framework lacks the capability REGION_AWARE.',
    advice: 'Give the framework the capability, or add agents in the region of the master.',
  },
  AGENT_NOT_MULTI_ROLE: {
    text: 'The framework has the capability MULTI_ROLE, and the agent lacks it.',
    advice: 'Update the agent.',
  },
  AGENT_NOT_HIERARCHICAL: {
    text: 'The role is below another role, and the agent lacks the capability HIERARCHICAL_ROLE.',
    advice: 'Update the agent, or use a top-level role.',
  },
  RESERVED: {
    text: 'Too little is free of what is not reserved for other roles.',
    advice: 'Let the framework subscribe to the role, or take reservations back: meseta unreserve.',
  },
  NO_SHARED_CAPABILITY: {
    text: 'Too little is free beside shared volumes, and the framework lacks the capability SHARED_RESOURCES.',
    advice: 'Give the framework the capability.',
  },
  NO_REVOCABLE_CAPABILITY: {
    text: 'Too little is free beside revocable resources, and the framework lacks the capability REVOCABLE_RESOURCES.',
    advice: 'Give the framework the capability.',
  },
  NO_REFINEMENT_CAPABILITY: {
    text: 'Too little is free beside refined reservations, and the framework lacks the capability RESERVATION_REFINEMENT.',
    advice: 'Give the framework the capability.',
  },
  HELD: {
    text: 'Too little is free: frameworks hold the rest, in tasks or in offers.',
    advice: 'Wait, end tasks, or add agents. --offer_timeout ends offers that a framework does not answer.',
  },
  AGENT_TOO_SMALL: {
    text: 'The agent has too little, even if all of it were free.',
    advice: 'Ask for less, or add larger agents.',
  },
  TOO_SMALL: {
    text: 'What is free is less than an offer must have.',
    advice: "See --min_allocatable_resources, and the framework's offer_filters.",
  },
  QUOTA_LIMIT: {
    text: 'The quota of the role allows no more.',
    advice: 'Raise the limit: meseta quota set. Or end tasks of the role.',
  },
  QUOTA_HEADROOM: {
    text: 'What is free in the cluster is kept for what other roles are guaranteed.',
    advice: 'Lower their guarantees (meseta quota set), or add agents.',
  },
  FILTERED: {
    text: 'The framework declined these resources.',
    advice: 'Wait until the filter ends, or let its scheduler send REVIVE.',
  },
  RECOVERY_PAUSE: {
    text: 'The master has changed, and there are quotas: nothing is offered yet.',
    advice: 'Wait for agents to come back, or for --allocator_recovery_timeout.',
  },
  ALLOCATOR_MODULE: {
    text: 'The framework may have the agent if the allocator module chooses it.',
    advice: 'Look at the log of the module.',
  },
  LOWER_SHARE: {
    text: 'Other frameworks choose first. The framework gets what they leave.',
    advice: 'Wait. To let it choose sooner, raise the weight of its role: meseta weights set.',
  },
  MAINTENANCE: {
    text: 'The machine of the agent has planned maintenance. It is offered all the same, with the plan in the offer.',
    advice: 'The framework may decline that. See meseta maintenance show.',
  },
};

/** A framework that the master runs has no scheduler elsewhere that could be started or changed. */
const again = 'Run a task as its principal: the master then subscribes the framework again.';
const unused = 'Ask for less, or add agents: the master does not use these for the tasks that it runs itself.';

/** The same of frameworks whose scheduler is the master, where another sentence is true. */
const builtInSentences: Readonly<Partial<Record<ReasonName, Partial<Sentences>>>> = {
  FRAMEWORK_INACTIVE: { advice: again },
  FRAMEWORK_DISCONNECTED: { advice: again },
  FRAMEWORK_DEACTIVATED: { advice: again },
  FRAMEWORK_NOT_BACK: { advice: again },
  NOT_SUBSCRIBED: {
    text: 'No task of the framework waits or runs in the role.',
    advice: 'Ask about one of its roles, or run a task in this one: meseta run --detach --role.',
  },
  SUPPRESSED: {
    text: 'No task waits in the role. The master runs this framework itself, and offers it resources only while a task waits.',
    advice: 'Nothing, unless a task is to run. Run one by meseta run --detach, or on the page Run of the web UI.',
  },
  FILTERED: {
    text: 'The master runs this framework itself, and found no room in these resources for a task that waits.',
    advice:
      'Wait: while a task waits, it is offered them again within 5 seconds. Running another task ends the filter, too.',
  },
  NO_GPU_CAPABILITY: {
    text: 'The agent has GPUs, and no task of the framework has asked for any.',
    advice: 'Run a task that wants GPUs, or start the master with --no-filter_gpu_resources.',
  },
  NOT_REGION_AWARE: {
    text: 'The agent is in another region than the master, and tasks that the master runs itself stay in its region.',
    advice: 'Add agents in the region of the master.',
  },
  RESERVED: { advice: 'Run the task in one of these roles, or take reservations back: meseta unreserve.' },
  NO_SHARED_CAPABILITY: { text: 'Too little is free beside shared volumes.', advice: unused },
  NO_REVOCABLE_CAPABILITY: { text: 'Too little is free beside revocable resources.', advice: unused },
  MAINTENANCE: { advice: 'Nothing: the master places the task there all the same. See meseta maintenance show.' },
};

/** Returns what a reason means. @param isBuiltIn of a framework whose scheduler is the master. */
export function sentencesOf(reason: ReasonName, isBuiltIn: boolean): Sentences {
  return isBuiltIn ? { ...sentences[reason], ...builtInSentences[reason] } : sentences[reason];
}

/** Returns what a reason says of one agent: numbers, names and times; empty where the group says all. */
export function particulars(details: ReasonDetails): string {
  const parts = [
    ...(details.roles ? [`Its roles: ${details.roles.join(', ') || 'none'}.`] : []),
    ...(details.failed ?? []).map(group => `Not so here: ${group.join(' and ')}.`),
    ...(details.region !== undefined
      ? [`The agent is in region '${details.region}', the master in '${details.master_region}'.`]
      : []),
    ...shortOf(details),
    ...(details.reserved ?? []).map(
      ({ role, resources }) =>
        `Reserved for ${role === undefined ? 'another role' : `role '${role}'`}: ${text(resources)}.`,
    ),
    ...(details.withheld ? [`Kept from it: ${text(details.withheld)}.`] : []),
    ...(details.held ?? []).map(heldText),
    ...(details.total ? [`The agent has ${text(details.total)}.`] : []),
    ...(details.shortfalls?.length
      ? [`${details.shortfalls.map(({ missing }) => text(missing)).join(' or ')} more would be enough for an offer.`]
      : []),
    ...(details.limits
      ? [`Role '${details.role}': limits ${text(details.limits)}; consumed ${text(details.consumed)}.`]
      : []),
    ...(details.guaranteed ?? []).map(
      ({ role, resources }) =>
        `Kept for ${role === undefined ? 'another role' : `role '${role}'`}: ${text(resources)}.`,
    ),
    ...(details.before ?? []).map(beforeText),
    ...(details.module === undefined ? [] : [`Module: ${details.module}.`]),
    ...(details.problem === undefined ? [] : [`Its last answer cannot be used: ${details.problem}.`]),
    ...(details.expected_agents === undefined
      ? []
      : [`${details.agents} of ${details.expected_agents} agents are back.`]),
    ...(details.left_seconds === undefined ? [] : [`For ${time(details.left_seconds)} more.`]),
    ...maintenanceText(details),
  ];
  return parts.join(' ');
}

function shortOf({ missing }: ReasonDetails): string[] {
  return missing && Object.keys(missing).length > 0 ? [`Short by ${text(missing)}.`] : [];
}

function nameOf(framework: { readonly framework_id?: string; readonly framework_name?: string }): string {
  const { framework_id: id, framework_name: name } = framework;
  if (id === undefined) return 'another framework';
  return name ? `framework '${name}' (${id})` : `framework ${id}`;
}

function heldText(held: NonNullable<ReasonDetails['held']>[number]): string {
  const name = nameOf(held);
  const offered = held.offers.map(({ id, resources, held_seconds, left_seconds }) => {
    const end = left_seconds === undefined ? '' : `, and ends in ${time(left_seconds)} at the latest`;
    return ` Of that, ${text(resources)} is in offer ${id}, which it has had for ${time(held_seconds)}${end}.`;
  });
  return `${name[0]?.toUpperCase()}${name.slice(1)} holds ${text(held.resources)}.${offered.join('')}`;
}

function beforeText(each: NonNullable<ReasonDetails['before']>[number]): string {
  const why = each.guaranteed
    ? 'its role has less than is guaranteed to it'
    : 'its share is lower, or was given less often';
  const role = each.role === undefined ? '' : ` in role '${each.role}'`;
  return `Before it: ${nameOf(each)}${role}, because ${why}.`;
}

function maintenanceText({ start, duration_seconds, answer, asked_again_in_seconds }: ReasonDetails): string[] {
  if (start === undefined) return [];
  const length = duration_seconds === undefined ? 'and does not come back' : `for ${time(duration_seconds)}`;
  const answers: Readonly<Record<string, string>> = {
    ACCEPT: ' The framework agreed to leave it.',
    DECLINE: ' The framework refused to leave it.',
    UNKNOWN: ' The framework was asked to leave it and has not answered.',
  };
  const again =
    asked_again_in_seconds === undefined
      ? ''
      : ` It is asked again in ${time(asked_again_in_seconds)} at the earliest.`;
  return [
    `Away from ${new Date(start * 1000).toISOString().replace(/\.000Z$/, 'Z')}, ${length}.${answers[answer ?? ''] ?? ''}${again}`,
  ];
}

const time = (seconds: number) => readableDuration(Math.round(seconds) * 1000);

/** Writes amounts as flags have them: `cpus:4;mem:100`. */
function text(amounts: Amounts = {}): string {
  const all = Object.entries(amounts).map(([name, amount]) => `${name}:${amount}`);
  return all.join(';') || 'nothing';
}
