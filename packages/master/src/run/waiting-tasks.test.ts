import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkId, type Offer, type Resource, type TaskStatus } from '@meseta/protocol';
import {
  type Effect,
  type Input,
  longestHistory,
  noTasks,
  step,
  type WaitingTask,
  type WaitingTasks,
} from './waiting-tasks.ts';

const scalars = (amounts: Record<string, number>, role: string): Resource[] =>
  Object.entries(amounts).map(([name, value]) => ({
    ...{ name, type: 'SCALAR', scalar: { value }, allocation_info: { role } },
  }));

function offer(id: string, amounts: Record<string, number>, role = '*'): Offer {
  return {
    ...{ id: { value: id }, framework_id: { value: 'f' }, agent_id: { value: `agent-of-${id}` }, hostname: 'h' },
    ...{ allocation_info: { role }, resources: scalars(amounts, role) },
  };
}

const task = (id: string, more: Partial<WaitingTask> = {}): WaitingTask => ({
  id: checkId(id),
  task: { name: id, task_id: { value: id } },
  role: '*',
  amounts: { cpus: 1 },
  since: 0,
  until: 10_000,
  ...more,
});

const status = (id: string, more: Partial<TaskStatus> = {}): TaskStatus => ({
  task_id: { value: id },
  state: 'TASK_RUNNING',
  ...more,
});

/** An effect in a word. */
function shown(effect: Effect): string {
  switch (effect.type) {
    case 'accept':
      return `${effect.offer.id.value}: ${effect.tasks.map(({ task_id }) => task_id.value).join(' ')}`;
    case 'decline':
      return `not ${effect.offers.map(({ id }) => id.value).join(' ')} for ${effect.filters.refuse_seconds}`;
    case 'acknowledge':
      return `ack ${effect.status.task_id.value}`;
    default:
      return `${effect.type} ${effect.role}`;
  }
}

function after(...inputs: Input[]): { tasks: WaitingTasks; effects: string[] } {
  let tasks = noTasks;
  const effects: string[] = [];
  for (const input of inputs) {
    const [next, more] = step(tasks, input);
    tasks = next;
    effects.push(...more.map(shown));
  }
  return { tasks, effects };
}

const run = (...tasks: WaitingTask[]): Input => ({ type: 'run', tasks });
const offers = (...list: Offer[]): Input => ({ type: 'offers', offers: list });

const cases: { name: string; inputs: Input[]; effects: string[]; waiting?: string; over?: string }[] = [
  {
    name: 'a task is put on the first offer with room',
    inputs: [run(task('a')), offers(offer('1', { cpus: 1 }))],
    effects: ['revive *', '1: a', 'suppress *'],
  },
  {
    name: 'several tasks share an offer, the oldest first; what does not fit does not hold up others',
    inputs: [run(task('a', { amounts: { cpus: 3 } }), task('b'), task('c')), offers(offer('1', { cpus: 2 }))],
    effects: ['revive *', '1: b c'],
    waiting: 'a',
  },
  {
    name: 'offers without room are declined for a while',
    inputs: [run(task('a')), offers(offer('1', { cpus: 0.5 }), offer('2', { mem: 9 }))],
    effects: ['revive *', 'not 1 2 for 5'],
    waiting: 'a',
  },
  {
    name: 'what is left when nothing waits is declined for long',
    inputs: [run(task('a')), offers(offer('1', { cpus: 1 }), offer('2', { cpus: 1 }))],
    effects: ['revive *', '1: a', 'not 2 for 3600', 'suppress *'],
  },
  {
    name: 'a task takes offers of its role only',
    inputs: [run(task('a', { role: 'web' })), offers(offer('1', { cpus: 1 })), offers(offer('2', { cpus: 1 }, 'web'))],
    effects: ['revive web', 'not 1 for 3600', '2: a', 'suppress web'],
  },
  {
    name: 'an offer that was void is no reason to give up',
    inputs: [
      run(task('a'), task('b')),
      offers(offer('1', { cpus: 1 })),
      {
        type: 'status',
        isKnown: false,
        status: status('a', { state: 'TASK_DROPPED', reason: 'REASON_INVALID_OFFERS' }),
      },
    ],
    effects: ['revive *', '1: a', 'revive *'],
    waiting: 'a b',
  },
  {
    name: 'a task that the master refuses is over',
    inputs: [
      run(task('a')),
      offers(offer('1', { cpus: 1 })),
      { type: 'status', isKnown: false, status: status('a', { state: 'TASK_ERROR', message: 'bad' }) },
    ],
    effects: ['revive *', '1: a', 'suppress *'],
    over: 'a REFUSED: The master refused to launch it: bad',
  },
  {
    name: 'a task that runs is the master’s; every status with a uuid is acknowledged',
    inputs: [
      run(task('a')),
      offers(offer('1', { cpus: 1 })),
      { type: 'status', isKnown: true, status: status('a', { uuid: 'u' }) },
      { type: 'status', isKnown: true, status: status('a', { state: 'TASK_LOST', uuid: 'v' }) },
      { type: 'status', isKnown: false, status: status('other', { uuid: 'w' }) },
      { type: 'status', isKnown: false, status: status('other') },
    ],
    effects: ['revive *', '1: a', 'suppress *', 'ack a', 'ack a', 'ack other'],
  },
  {
    name: 'a task whose time is over is given up',
    inputs: [run(task('a'), task('b', { until: 20_000 })), { type: 'time', now: 9999 }, { type: 'time', now: 10_000 }],
    effects: ['revive *'],
    waiting: 'b',
    over: "a TIMED_OUT: No offer for role '*' had room for cpus:1 within 10 s, so it was not launched",
  },
  {
    name: 'a task is cancelled while it waits, and not later',
    inputs: [
      run(task('a'), task('b')),
      { type: 'cancel', id: checkId('a'), message: 'by ops' },
      offers(offer('1', { cpus: 1 })),
      { type: 'cancel', id: checkId('b'), message: 'by ops' },
    ],
    effects: ['revive *', '1: b', 'suppress *'],
    over: 'a CANCELLED: by ops',
  },
  {
    name: 'a task that is killed while it is launched does not wait again when the offer was void',
    inputs: [
      run(task('a'), task('b')),
      offers(offer('1', { cpus: 1 })),
      { type: 'cancel', id: checkId('a'), message: 'by ops' },
      {
        type: 'status',
        isKnown: false,
        status: status('a', { state: 'TASK_DROPPED', reason: 'REASON_INVALID_OFFERS' }),
      },
      offers(offer('2', { cpus: 2 })),
    ],
    effects: ['revive *', '1: a', '2: b', 'suppress *'],
    over: 'a CANCELLED: by ops',
  },
  {
    name: 'what is being launched is with the scheduler that takes the framework over; the rest waits',
    inputs: [
      run(task('a'), task('b')),
      offers(offer('1', { cpus: 1 })),
      { type: 'taken over' },
      { type: 'removed', message: 'torn down' },
    ],
    effects: ['revive *', '1: a', 'suppress *'],
    over: 'b CANCELLED: torn down',
  },
  {
    name: 'nothing is left of a framework that was torn down',
    inputs: [run(task('a'), task('b')), offers(offer('1', { cpus: 1 })), { type: 'removed', message: 'torn down' }],
    effects: ['revive *', '1: a', 'suppress *'],
    over: 'a CANCELLED: torn down, b CANCELLED: torn down',
  },
];
for (const { name, inputs, effects, waiting = '', over = '' } of cases) {
  test(name, () => {
    const found = after(...inputs);
    assert.deepEqual(found.effects, effects);
    assert.equal(found.tasks.waiting.map(({ id }) => id).join(' '), waiting);
    assert.equal(found.tasks.over.map(({ id, why, message }) => `${id} ${why}: ${message}`).join(', '), over);
  });
}

test('an executor of its own has room, too', () => {
  const executor = { executor_id: { value: 'e' }, resources: scalars({ cpus: 0.5 }, '*') };
  const own = task('a', { task: { name: 'a', task_id: { value: 'a' }, executor } });
  assert.deepEqual(after(run(own), offers(offer('1', { cpus: 1.4 }))).effects, ['revive *', 'not 1 for 5']);
  const [, [accepted]] = step(after(run(own)).tasks, offers(offer('1', { cpus: 1.5 })));
  assert.ok(accepted?.type === 'accept');
  const [launched] = accepted.tasks;
  assert.deepEqual(
    launched?.resources?.map(({ scalar }) => scalar?.value),
    [1],
  );
  assert.deepEqual(
    launched?.executor?.resources?.map(({ scalar }) => scalar?.value),
    [0.5],
  );
});

test('the history has a limit', () => {
  const many = Array.from({ length: longestHistory + 5 }, (_, index) => task(`t${index}`));
  const { over } = after(run(...many), { type: 'time', now: 1e9 }).tasks;
  assert.deepEqual([over.length, over.at(-1)?.id], [longestHistory, `t${longestHistory + 4}`]);
});

test('of a task that is over, its name and its user are kept', () => {
  const names = { name: 'a', task_id: { value: 'a' } };
  const command = { value: 'x'.repeat(50_000), user: 'me' };
  const own = task('a', { task: { ...names, command } });
  const custom = task('b', { task: { ...names, executor: { executor_id: { value: 'e' }, command } } });
  const { over } = after(run(own, custom), { type: 'time', now: 1e9 }).tasks;
  assert.deepEqual(
    over.map(each => each.task),
    [
      { ...names, command: { user: 'me' } },
      { ...names, executor: { executor_id: { value: 'e' }, command: { user: 'me' } } },
    ],
  );
});
