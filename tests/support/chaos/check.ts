/** Judges what is known after chaos. Pure. */
import { isTerminal, type TaskState } from '@meseta/protocol';
import type { Evidence, Observation, SeenStatus, TaskEvidence } from './evidence.ts';
import { isEndless } from './kinds.ts';

/** What must never be, by name. */
export interface Violation {
  readonly kind: keyof typeof checks;
  readonly what: string;
}

/** Order of states; a task never goes back. */
const ranks: Partial<Record<TaskState, number>> = {
  ...{ TASK_STAGING: 0, TASK_STARTING: 1, TASK_RUNNING: 2, TASK_KILLING: 3 },
};
/** Without a uuid: the master's word for tasks that no agent has, or has any longer. */
const unknown: ReadonlySet<TaskState | undefined> = new Set([
  ...(['TASK_UNKNOWN', 'TASK_LOST', 'TASK_DROPPED', 'TASK_GONE', 'TASK_GONE_BY_OPERATOR', 'TASK_ERROR'] as const),
]);
/** Masters that answer from what an agent has reported. The agent's own status is still to come. */
const reported: ReadonlySet<string | undefined> = new Set(['REASON_RECONCILIATION', 'REASON_AGENT_REREGISTERED']);

const isEnd = ({ state }: SeenStatus) => isTerminal(state) || state === 'TASK_UNKNOWN';
const isUnconfirmed = ({ state, uuid, reason }: SeenStatus) =>
  uuid === undefined && !unknown.has(state) && reported.has(reason);

/** The statuses that arrived for the first time, without ends that are still to be confirmed. */
function newStatuses({ statuses }: TaskEvidence): SeenStatus[] {
  const seen = new Set<string>();
  return statuses.filter(status => {
    const { uuid } = status;
    if (uuid === undefined) return !(isEnd(status) && isUnconfirmed(status));
    return !seen.has(uuid) && seen.add(uuid);
  });
}

/** The end of a task, as its framework was given it first. */
export const endOf = (task: TaskEvidence) => newStatuses(task).find(isEnd);

/** Finds states in a wrong order. */
function disorder(task: TaskEvidence): string | undefined {
  const all = newStatuses(task);
  const end = all.findIndex(isEnd);
  const [last, ...later] = end < 0 ? [] : all.slice(end);
  // Those who have forgotten a task that has ended say so when they are asked.
  const wrong = later.find(({ state, reason }) => {
    return state !== last?.state && !(unknown.has(state) && reason === 'REASON_RECONCILIATION');
  });
  if (wrong) return `${wrong.state} after ${last?.state}`;
  const told = all.slice(0, end < 0 ? undefined : end).filter(({ uuid }) => uuid !== undefined);
  const back = told.find(
    ({ state }, index) => (ranks[state] ?? -1) <= (ranks[told[index - 1]?.state ?? state] ?? 9) && index > 0,
  );
  return back && `${back.state} again, or too late`;
}

/** How the end of a task that has begun must look. */
function expectedEnd({ kind, isKilled, isGrouped, traces }: TaskEvidence): [state: TaskState, message?: RegExp] {
  const how = traces.find(trace => trace !== 'begin');
  const [, status] = /^exit (\d+)$/.exec(how ?? '') ?? [];
  if (status !== undefined)
    return status === '0' ? ['TASK_FINISHED'] : ['TASK_FAILED', new RegExp(`status ${status}\\b`)];
  if (how === 'signal 9') return ['TASK_FAILED', /signal Killed/];
  return isEndless(kind) && (isKilled || isGrouped) ? ['TASK_KILLED'] : ['TASK_FAILED', /it wrote how it ends/];
}

/** Tells whether a status says that the command ran. One that is killed may not have begun to write. */
const hasRun = ({ state, message = '' }: SeenStatus) =>
  state === 'TASK_FINISHED' || (state === 'TASK_FAILED' && /^Command (?:exited|terminated)/.test(message));

function contradiction(task: TaskEvidence): string | undefined {
  const end = endOf(task);
  if (!end) return undefined; // another check says so
  const { state, message = '', uuid } = end;
  if (!task.traces.includes('begin')) return hasRun(end) ? `${state} but it never began` : undefined;
  const [expected, pattern] = expectedEnd(task);
  if (uuid === undefined) return `the agent's ${expected} was not delivered, but ${state}`;
  return state === expected && (pattern?.test(message) ?? true) ? undefined : `${state} '${message}', not ${expected}`;
}

/** Two masters lead at once when one leads before and after the other does. Each candidacy leads once at most. */
function overlaps(observations: readonly Observation[]): string[] {
  const found = new Set<string>();
  const spans = new Map<string, { firstEnd: number; lastStart: number }>();
  for (const { master, askedAt, answeredAt } of observations) {
    const span = spans.get(master) ?? { firstEnd: answeredAt, lastStart: askedAt };
    spans.set(master, {
      firstEnd: Math.min(span.firstEnd, answeredAt),
      lastStart: Math.max(span.lastStart, askedAt),
    });
  }
  for (const { master, askedAt, answeredAt } of observations) {
    for (const [other, { firstEnd, lastStart }] of spans) {
      if (other !== master && firstEnd < askedAt && answeredAt < lastStart)
        found.add(`${master} leads while ${other} does`);
    }
  }
  return [...found];
}

/** Tells whether masters found that ZooKeeper had lost data, and none leads for that reason. */
const isRefused = ({ refusals, weights }: Evidence) => weights === undefined && refusals.some(({ isLast }) => isLast);
/** What cannot be right when no master leads. */
const needLeader: ReadonlySet<string> = new Set([
  'no end',
  'held resources',
  'left process',
  'changed agent',
  'lost change',
]);

function changesLost({ changes, weights, refusals }: Evidence): string[] {
  if (!weights) return ['no master leads: nobody knows what is stored'];
  const wanted = new Map(changes.map(({ role, weight }) => [role, weight]));
  const missing = changes.filter(({ isAcknowledged, role }) => isAcknowledged && !(role in weights));
  const wrong = Object.entries(weights).filter(([role, weight]) => wanted.get(role) !== weight);
  const noticed = refusals.length > 0 ? 'a master leads that has not noticed, others have' : 'no master has noticed';
  return [
    ...missing.map(({ role, weight }) => `weight ${weight} of ${role} was acknowledged and is not set; ${noticed}`),
    ...wrong.map(([role, weight]) => `weight ${weight} of ${role} was never set; ${wanted.get(role)} was`),
  ];
}

function refusalsOf(evidence: Evidence): string[] {
  const how = isRefused(evidence)
    ? 'a fault of ZooKeeper, which the masters have noticed: none leads, and nothing that needs a leader was checked'
    : 'but not for good: when no change is lost, the refusal was wrong';
  return evidence.refusals.map(({ where, what }) => `${where} refused to lead; ${how}: ${what}`);
}

/** Tells whether only a mistake in the code writes a line like this. A time-out of a connection is none. */
export const isMistake = (line: string): boolean =>
  /Unhandled|\b(?:Type|Range|Reference|Syntax|Assertion)Error\b|\b(?:UND_ERR_(?!CONNECT_|HEADERS_|BODY_)|ERR_)[A-Z]+_|^ {4}at /.test(
    line,
  );

const story = (task: TaskEvidence, problem: string) =>
  `${task.id} (${task.kind}): ${problem}; it wrote [${task.traces.join(', ')}]; statuses: ${task.statuses
    .map(({ state, reason, message, uuid }) => [state, reason, message, uuid ?? 'no uuid'].filter(Boolean).join(' '))
    .join('; ')}`;

const eachTask = (problem: (task: TaskEvidence) => string | undefined) => (evidence: Evidence) =>
  evidence.tasks.flatMap(task => {
    const found = problem(task);
    return found === undefined ? [] : story(task, found);
  });

/** What is checked. */
const checks = {
  'no end': eachTask(task => (endOf(task) ? undefined : 'its framework was not told how it ended')),
  'wrong order': eachTask(disorder),
  'wrong end': eachTask(contradiction),
  'ran twice': eachTask(({ traces }) =>
    traces.filter(trace => trace === 'begin').length > 1 ? 'it began twice' : undefined,
  ),
  'two leaders': ({ observations }) => overlaps(observations),
  'lost change': changesLost,
  'lost by ZooKeeper': evidence => (isRefused(evidence) ? refusalsOf(evidence) : []),
  'doubtful refusal': evidence => (isRefused(evidence) ? [] : refusalsOf(evidence)),
  'held resources': ({ held }) => held.map(({ where, what }) => `${where}: ${what}`),
  'left process': ({ processes }) => [...processes],
  'changed agent': ({ agents }) =>
    Object.entries(agents)
      .filter(([, ids]) => new Set(ids).size > 1)
      .map(([name, ids]) => `${name} was registered as ${[...new Set(ids)].join(', ')}`),
  complaint: ({ complaints }) => complaints.map(({ where, what }) => `${where}: ${what}`),
} satisfies Record<string, (evidence: Evidence) => string[]>;

/** Returns all that must not be; empty when everything is right. */
export function violationsIn(evidence: Evidence): Violation[] {
  const skipped = isRefused(evidence) ? needLeader : new Set();
  return Object.entries(checks).flatMap(([kind, check]) =>
    skipped.has(kind) ? [] : check(evidence).map(what => ({ kind: kind as Violation['kind'], what })),
  );
}
