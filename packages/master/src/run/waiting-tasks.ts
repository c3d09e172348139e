/**
 * The tasks of one built-in framework until their launch. Pure: the framework performs the effects.
 *
 * ```text
 *  run ──▶ waiting ── offer with room ──▶ launching ── first status ──▶ the master's
 *             ▲  │                          │    │
 *             └──┼─── the offer was void ───┘    └── refused ──▶ over
 *                └── time is over, cancelled ─────────────────▶ over
 * ```
 */
import type { CommandInfo, Filters, Offer, Resource, TaskId, TaskInfo, TaskStatus } from '@meseta/protocol';
import { isTerminal } from '@meseta/protocol';
import { own } from '@meseta/protocol/own';
import type { Amounts } from '@meseta/resources';
import { amountsOf, OfferRoom } from '@meseta/scheduler/offer-room';

/** A task that waits for an offer. */
export interface WaitingTask {
  readonly id: TaskId;
  /** Without agent and resources. */
  readonly task: Omit<TaskInfo, 'agent_id' | 'resources'>;
  readonly role: string;
  readonly amounts: Amounts;
  /** Milliseconds of a clock that is never set: since when it waits, and when it is given up. */
  readonly since: number;
  readonly until: number;
  /** Killed while it was being launched, and by whom: when the launch comes to nothing, it does not wait again. */
  readonly cancelled?: string;
}

/** A task that was not launched, and why. */
export interface TaskNotLaunched extends WaitingTask {
  readonly why: 'TIMED_OUT' | 'REFUSED' | 'CANCELLED';
  readonly message: string;
}

/** See the top of this file. */
export interface WaitingTasks {
  /** The first one came first. */
  readonly waiting: readonly WaitingTask[];
  readonly launching: ReadonlyMap<TaskId, WaitingTask>;
  /** The newest last. */
  readonly over: readonly TaskNotLaunched[];
}

/** How many tasks that were not launched are remembered. */
export const longestHistory = 100;

/** Nothing has been asked for yet. */
export const noTasks: WaitingTasks = { waiting: [], launching: new Map(), over: [] };

/** What happens to them. */
export type Input =
  | { readonly type: 'run'; readonly tasks: readonly WaitingTask[] }
  | { readonly type: 'offers'; readonly offers: readonly Offer[] }
  /** @property isKnown the master has, or had, the task. */
  | { readonly type: 'status'; readonly status: TaskStatus; readonly isKnown: boolean }
  | { readonly type: 'time'; readonly now: number }
  | { readonly type: 'cancel'; readonly id: TaskId; readonly message: string }
  /** Another scheduler has the framework, and gets the statuses of what is being launched. */
  | { readonly type: 'taken over' }
  | { readonly type: 'removed'; readonly message: string };

/** What is to be done about it. */
export type Effect =
  | { readonly type: 'revive' | 'suppress'; readonly role: string }
  | {
      readonly type: 'accept';
      readonly offer: Offer;
      readonly tasks: readonly TaskInfo[];
      readonly filters: Filters;
    }
  | { readonly type: 'decline'; readonly offers: readonly Offer[]; readonly filters: Filters }
  | { readonly type: 'acknowledge'; readonly status: TaskStatus };

/** While tasks wait, what an offer lacks may be there soon. */
const soon: Filters = { refuse_seconds: 5 };
/** When nothing waits, offers are suppressed, and the next REVIVE forgets this. */
const late: Filters = { refuse_seconds: 3600 };

/** Reasons of the master why an offer was of no use although nothing is wrong with the task. */
const voidOffers: ReadonlySet<string | undefined> = new Set([
  'REASON_INVALID_OFFERS',
  'REASON_AGENT_DISCONNECTED',
  'REASON_AGENT_REMOVED',
]);

/** Takes an input: the tasks as they are then, and what is to be done. */
export function step(tasks: WaitingTasks, input: Input): [WaitingTasks, Effect[]] {
  const [next, effects] = change(tasks, input);
  const roles = rolesOf(next);
  const idle = [...rolesOf(tasks)].filter(role => !roles.has(role));
  return [next, [...effects, ...idle.map((role): Effect => ({ type: 'suppress', role }))]];
}

/** Returns the roles in which tasks wait. */
export function rolesOf({ waiting }: WaitingTasks): ReadonlySet<string> {
  return new Set(waiting.map(({ role }) => role));
}

function change(tasks: WaitingTasks, input: Input): [WaitingTasks, Effect[]] {
  const { waiting, launching } = tasks;
  switch (input.type) {
    case 'run':
      // Also where tasks wait already: what was declined for them may be enough for these.
      return [{ ...tasks, waiting: [...waiting, ...input.tasks] }, revived(input.tasks)];
    case 'offers':
      return place(tasks, input.offers);
    case 'status':
      return report(tasks, input);
    case 'time': {
      const late = waiting.filter(({ until }) => until <= input.now);
      if (late.length === 0) return [tasks, []];
      const left = { ...tasks, waiting: waiting.filter(({ until }) => until > input.now) };
      return [ended(left, late, 'TIMED_OUT', timeOutMessage), []];
    }
    case 'cancel': {
      const launched = launching.get(input.id);
      if (launched) {
        const cancelled = { ...launched, cancelled: input.message };
        return [{ ...tasks, launching: new Map(launching).set(input.id, cancelled) }, []];
      }
      const [task] = waiting.filter(({ id }) => id === input.id);
      if (!task) return [tasks, []];
      const left = { ...tasks, waiting: waiting.filter(each => each !== task) };
      return [ended(left, [task], 'CANCELLED', () => input.message), []];
    }
    case 'taken over':
      return [{ ...tasks, launching: noTasks.launching }, []];
    case 'removed': {
      const all = [...launching.values(), ...waiting];
      return [ended({ ...noTasks, over: tasks.over }, all, 'CANCELLED', () => input.message), []];
    }
    default:
      throw new Error(`unhandled input ${input satisfies never}`);
  }
}

const revived = (tasks: readonly WaitingTask[]): Effect[] =>
  [...new Set(tasks.map(({ role }) => role))].map(role => ({ type: 'revive', role }));

/** Puts tasks on offers of their role: those that came first, first; what does not fit does not hold up the others. */
function place(tasks: WaitingTasks, offers: readonly Offer[]): [WaitingTasks, Effect[]] {
  let waiting = tasks.waiting.map(task => ({ task, needs: needsOf(task) }));
  const launching = new Map(tasks.launching);
  const effects: Effect[] = [];
  const unused: { readonly offer: Offer; readonly role: string }[] = [];
  for (const offer of offers) {
    const role = offer.allocation_info?.role ?? '*';
    const room = new Room(offer);
    const placed = new Map<WaitingTask, TaskInfo>();
    for (const { task, needs } of waiting) {
      const info = task.role === role && room.isEnough(needs) ? placedOn(room, task) : undefined;
      if (info) placed.set(task, info);
    }
    if (placed.size === 0) {
      unused.push({ offer, role });
      continue;
    }
    waiting = waiting.filter(({ task }) => !placed.has(task));
    for (const each of placed.keys()) launching.set(each.id, each);
    effects.push({ type: 'accept', offer, tasks: [...placed.values()], filters: soon });
  }
  const next = { ...tasks, waiting: waiting.map(({ task }) => task), launching };
  const wanted = rolesOf(next);
  for (const filters of [soon, late]) {
    const declined = unused.filter(({ role }) => wanted.has(role) === (filters === soon));
    if (declined.length > 0) effects.push({ type: 'decline', offers: declined.map(({ offer }) => offer), filters });
  }
  return [next, effects];
}

/** Takes room for a task, and for its executor when it has one of its own. */
function placedOn(room: Room, { task, amounts }: WaitingTask): TaskInfo | undefined {
  const { executor } = task;
  const resources = room.take(amounts);
  if (!resources) return undefined;
  const withResources = { ...task, agent_id: room.agentId, resources };
  if (!executor) return withResources;
  const executorResources = room.take(amountsOf(executor.resources)) ?? [];
  return { ...withResources, executor: { ...executor, resources: executorResources } };
}

/** How much of a resource a task needs. */
type Need = readonly [name: string, amount: number];

/** Returns what a task needs, with its executor. */
function needsOf({ task, amounts }: WaitingTask): readonly Need[] {
  const ofExecutor = amountsOf(task.executor?.resources);
  const names = Object.keys({ ...amounts, ...ofExecutor });
  return names.map(name => [name, (own(amounts, name) ?? 0) + (own(ofExecutor, name) ?? 0)]);
}

/** What is left of an offer, added up once for all tasks that are compared with it: a thousand may wait. */
class Room {
  readonly #left: OfferRoom;
  readonly #amounts = new Map<string, number>();

  constructor(offer: Offer) {
    this.#left = new OfferRoom(offer);
  }

  get agentId(): Offer['agent_id'] {
    return this.#left.offer.agent_id;
  }

  isEnough(needs: readonly Need[]): boolean {
    return needs.every(([name, amount]) => this.#amount(name) >= amount);
  }

  take(amounts: Amounts): Resource[] | undefined {
    this.#amounts.clear();
    return this.#left.take(amounts);
  }

  #amount(name: string): number {
    const known = this.#amounts.get(name) ?? this.#left.amount(name);
    this.#amounts.set(name, known);
    return known;
  }
}

function report(
  tasks: WaitingTasks,
  { status, isKnown }: Extract<Input, { type: 'status' }>,
): [WaitingTasks, Effect[]] {
  const acknowledgements: Effect[] = status.uuid === undefined ? [] : [{ type: 'acknowledge', status }];
  const id = status.task_id.value as TaskId;
  const task = tasks.launching.get(id);
  if (!task) return [tasks, acknowledgements];
  const launching = new Map(tasks.launching);
  launching.delete(id);
  const left = { ...tasks, launching };
  if (isKnown || !isTerminal(status.state)) return [left, acknowledgements];
  const { cancelled } = task;
  if (voidOffers.has(status.reason)) {
    if (cancelled !== undefined) return [ended(left, [task], 'CANCELLED', () => cancelled), acknowledgements];
    return [{ ...left, waiting: [task, ...left.waiting] }, revived([task])];
  }
  const why = `The master refused to launch it: ${status.message ?? status.reason ?? status.state}`;
  return [ended(left, [task], 'REFUSED', () => why), acknowledgements];
}

function ended(
  tasks: WaitingTasks,
  ends: readonly WaitingTask[],
  why: TaskNotLaunched['why'],
  message: (task: WaitingTask) => string,
): WaitingTasks {
  const more = ends.map(each => ({ ...each, task: summaryOf(each.task), why, message: message(each) }));
  return { ...tasks, over: [...tasks.over, ...more].slice(-longestHistory) };
}

/** Returns what is still asked about a task that is over: its name, and its user for the rules. The whole may be large. */
function summaryOf({ name, task_id, command, executor }: WaitingTask['task']): WaitingTask['task'] {
  const userOf = ({ user }: CommandInfo): CommandInfo => (user === undefined ? {} : { user });
  const ofExecutor = executor && {
    executor_id: executor.executor_id,
    ...(executor.command && { command: userOf(executor.command) }),
  };
  return {
    ...{ name, task_id },
    ...(command && { command: userOf(command) }),
    ...(ofExecutor && { executor: ofExecutor }),
  };
}

function timeOutMessage({ role, amounts, since, until }: WaitingTask): string {
  const wanted = Object.entries(amounts).map(([name, amount]) => `${name}:${amount}`);
  const seconds = Math.round((until - since) / 1000);
  return `No offer for role '${role}' had room for ${wanted.join('; ')} within ${seconds} s, so it was not launched`;
}
