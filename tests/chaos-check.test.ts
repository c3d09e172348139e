/** The checker of the chaos test finds each thing that must not be, and nothing in a run where all is right. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMistake, type Violation, violationsIn } from './support/chaos/check.ts';
import {
  type Evidence,
  type JournalLine,
  type SeenStatus,
  type TaskEvidence,
  tasksOf,
} from './support/chaos/evidence.ts';

let uuids = 0;
/** A status of an agent. */
const said = (state: SeenStatus['state'], message = ''): SeenStatus => ({
  task: 't',
  state,
  message,
  uuid: `u${++uuids}`,
});
/** A status of a master. */
const answered = (state: SeenStatus['state'], reason: SeenStatus['reason'] = 'REASON_RECONCILIATION'): SeenStatus => ({
  ...{ task: 't', state },
  ...(reason && { reason }),
});
const running = [said('TASK_STARTING'), said('TASK_RUNNING')];
const finished = said('TASK_FINISHED', 'Command exited with status 0');

const task = (changes: Partial<TaskEvidence> = {}): TaskEvidence => ({
  ...{ id: 't', kind: 'quick', isGrouped: false, isKilled: false },
  ...{ statuses: [...running, finished], traces: ['begin', 'exit 0'] },
  ...changes,
});
const evidence = (changes: Partial<Evidence> = {}): Evidence => ({
  ...{ tasks: [task()], observations: [], changes: [], weights: {} },
  ...{ held: [], processes: [], agents: {}, complaints: [], refusals: [] },
  ...changes,
});
const of = (changes: Partial<TaskEvidence>) => evidence({ tasks: [task(changes)] });
const observed = (...list: [master: string, askedAt: number, answeredAt: number][]) =>
  evidence({ observations: list.map(([master, askedAt, answeredAt]) => ({ master, askedAt, answeredAt })) });
const failed = said('TASK_FAILED', 'Command exited with status 3');
const killed = said('TASK_KILLED', 'Command terminated with signal Terminated');

const refusals = [
  { where: 'master-1', what: 'ZooKeeper has lost data: its registry ends with revision 3', isLast: true },
];

const refused: Partial<Evidence> = {
  ...{ weights: undefined, refusals, changes: [{ role: 'one', weight: 1, isAcknowledged: true }] },
  ...{ tasks: [task({ statuses: running })], held: [{ where: 'masters', what: 'none leads' }] },
  agents: { one: ['a', 'not registered'] },
};

const right: [name: string, evidence: Evidence][] = [
  ['a task that finishes', evidence()],
  ['a task that fails', of({ kind: 'fails', statuses: [...running, failed], traces: ['begin', 'exit 3'] })],
  [
    'a task that ends by a signal',
    of({
      ...{ kind: 'crashes', traces: ['begin', 'signal 9'] },
      statuses: [...running, said('TASK_FAILED', 'Command terminated with signal Killed')],
    }),
  ],
  [
    'a task that is killed',
    of({ kind: 'long', isKilled: true, statuses: [...running, killed], traces: ['begin', 'term'] }),
  ],
  ['a stubborn task that is killed', of({ kind: 'stubborn', isKilled: true, statuses: [killed], traces: ['begin'] })],
  [
    'a task that ends with its group',
    of({ kind: 'long', isGrouped: true, statuses: [killed], traces: ['begin', 'term'] }),
  ],
  ['a task that is killed before it begins', of({ kind: 'long', isKilled: true, statuses: [killed], traces: [] })],
  ['statuses that arrive again', of({ statuses: [...running, ...running, finished, finished] })],
  ['an answer about the present state', of({ statuses: [...running, answered('TASK_RUNNING'), finished] })],
  [
    'an answer about an end that the agent confirms',
    of({ statuses: [answered('TASK_FINISHED'), ...running, finished] }),
  ],
  ['an answer about a task that ended', of({ statuses: [...running, finished, answered('TASK_UNKNOWN')] })],
  ['an answer that repeats the end', of({ statuses: [...running, finished, answered('TASK_FINISHED')] })],
  ['a task that never reached an agent', of({ statuses: [answered('TASK_UNKNOWN')], traces: [] })],
  ['a task that an agent dropped', of({ statuses: [said('TASK_DROPPED')], traces: [] })],
  ['leaders one after the other', observed(['a', 0, 1], ['a', 5, 6], ['b', 7, 8])],
  ['an answer that was long under way', observed(['a', 0, 1], ['a', 2, 9], ['b', 5, 6])],
  [
    'changes, some of which nobody knows',
    evidence({
      weights: { one: 1, three: 3 },
      changes: [
        { role: 'one', weight: 1, isAcknowledged: true },
        { role: 'two', weight: 2, isAcknowledged: false },
        { role: 'three', weight: 3, isAcknowledged: false },
      ],
    }),
  ],
  ['an agent that kept its id', evidence({ agents: { one: ['a', 'a'], two: ['b', 'b'] } })],
];
for (const [name, given] of right) test(`right: ${name}`, () => assert.deepEqual(violationsIn(given), []));

const wrong: [kind: Violation['kind'], name: string, evidence: Evidence][] = [
  ['no end', 'a task without statuses', of({ statuses: [], traces: [] })],
  ['no end', 'a task that ended and is still running', of({ statuses: running })],
  ['no end', 'an end that no agent has confirmed', of({ statuses: [...running, answered('TASK_FINISHED')] })],
  ['wrong order', 'a state after the end', of({ statuses: [...running, finished, said('TASK_RUNNING')] })],
  ['wrong order', 'an answer that denies the end', of({ statuses: [...running, finished, answered('TASK_RUNNING')] })],
  ['wrong order', 'another end', of({ statuses: [...running, finished, failed] })],
  ['wrong order', 'an end after it was given up', of({ statuses: [answered('TASK_LOST'), killed], traces: [] })],
  ['wrong order', 'a step back', of({ statuses: [said('TASK_RUNNING'), said('TASK_STARTING'), finished] })],
  ['wrong order', 'the same state twice', of({ statuses: [said('TASK_RUNNING'), said('TASK_RUNNING'), finished] })],
  ['wrong end', 'a failure that was a success', of({ statuses: [...running, failed] })],
  ['wrong end', 'a success that was a failure', of({ kind: 'fails', traces: ['begin', 'exit 3'] })],
  [
    ...(['wrong end', 'another exit code'] as const),
    of({
      kind: 'fails',
      traces: ['begin', 'exit 3'],
      statuses: [said('TASK_FAILED', 'Command exited with status 33')],
    }),
  ],
  ['wrong end', 'a success of what never began', of({ traces: [] })],
  ['wrong end', 'an exit code of what never began', of({ statuses: [failed], traces: [] })],
  ['wrong end', 'a loss of what ran to its end', of({ statuses: [...running, answered('TASK_LOST')] })],
  ['wrong end', 'a drop of what ran', of({ statuses: [said('TASK_DROPPED')] })],
  ['wrong end', 'an end that it did not write', of({ traces: ['begin'] })],
  ['wrong end', 'a kill that nobody wanted', of({ kind: 'long', statuses: [killed], traces: ['begin'] })],
  ['ran twice', 'a task that began twice', of({ traces: ['begin', 'begin', 'exit 0'] })],
  ['two leaders', 'one before and after the other', observed(['a', 0, 1], ['b', 2, 3], ['a', 4, 5])],
  [
    ...(['lost change', 'an acknowledged change that is gone'] as const),
    evidence({ changes: [{ role: 'one', weight: 1, isAcknowledged: true }] }),
  ],
  [
    ...(['lost change', 'a change that is another one'] as const),
    evidence({ weights: { one: 2 }, changes: [{ role: 'one', weight: 1, isAcknowledged: false }] }),
  ],
  ['lost change', 'a weight that nobody has set', evidence({ weights: { one: 2 } })],
  ['lost change', 'a registry that nobody leads with', evidence({ weights: undefined })],
  ['lost by ZooKeeper', 'a loss that the masters have noticed', evidence(refused)],
  [
    ...(['lost change', 'masters that refused once, and end for another reason'] as const),
    evidence({ ...refused, refusals: refusals.map(refusal => ({ ...refusal, isLast: false })) }),
  ],
  ['ran twice', 'while no master leads', evidence({ ...refused, tasks: [task({ traces: ['begin', 'begin'] })] })],
  ['doubtful refusal', 'a refusal of what was not lost', evidence({ refusals })],
  ['held resources', 'cpus in use', evidence({ held: [{ where: 'agent-1', what: 'cpus 0.1 in use' }] })],
  ['left process', 'a task that runs', evidence({ processes: ['12 sleep 1000'] })],
  ['changed agent', 'an agent with a new id', evidence({ agents: { one: ['a', 'b'] } })],
  ['changed agent', 'an agent that did not return', evidence({ agents: { one: ['a', 'not registered'] } })],
  ['complaint', 'an agent that ended', evidence({ complaints: [{ where: 'agent-1', what: 'ended by itself' }] })],
];
for (const [kind, name, given] of wrong) {
  test(`${kind}: ${name}`, () => {
    const kinds = new Set(violationsIn(given).map(violation => violation.kind));
    assert.ok(kinds.has(kind), JSON.stringify(violationsIn(given)));
  });
}

test('counts nothing that follows from a loss that the masters have noticed', () => {
  assert.deepEqual(
    violationsIn(evidence(refused)).map(({ kind }) => kind),
    ['lost by ZooKeeper'],
  );
});

test('tells a mistake in the code from a network that is cut', () => {
  const mistakes = [
    'W] x error="ERR_STREAM_DESTROYED"',
    'UND_ERR_INVALID_ARG',
    'TypeError: x',
    '    at file:///x.ts:1:2',
  ];
  const cuts = ['DECLINE failed: 10.77.0.5:20451: no answer in time (UND_ERR_CONNECT_TIMEOUT); again in 70 ms'];
  assert.deepEqual([...mistakes, ...cuts].filter(isMistake), mistakes);
});

test('puts journal and traces together', () => {
  const journal: JournalLine[] = [
    { launch: 't-1', kind: 'quick', agent: 'a' },
    { launch: 't-10', kind: 'long', agent: 'a', group: 'g' },
    { kill: 't-10' },
    { status: { task: 't-1', state: 'TASK_RUNNING' } },
  ];
  assert.deepEqual(tasksOf(journal, ['t-10 begin', 't-1 begin', 't-1 exit 0']), [
    {
      ...{ id: 't-1', kind: 'quick', isGrouped: false, isKilled: false },
      ...{ statuses: [{ task: 't-1', state: 'TASK_RUNNING' }], traces: ['begin', 'exit 0'] },
    },
    { id: 't-10', kind: 'long', isGrouped: true, isKilled: true, statuses: [], traces: ['begin'] },
  ]);
});
