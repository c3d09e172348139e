import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskInfo, TaskState, TaskStatus } from '@meseta/protocol';
import { TaskLedger } from './task-ledger.ts';

const task = (id: string): TaskInfo => ({ name: id, task_id: { value: id }, agent_id: { value: 'a' } });
const status = (state: TaskState, uuid?: string): TaskStatus => ({
  ...{ task_id: { value: 't' }, agent_id: { value: 'a' }, state },
  ...(uuid !== undefined && { uuid }),
});

/** Statuses in the order in which they arrive; `R`, `F1`: of the master, and of the agent with a uuid. */
const states: Record<string, TaskState> = {
  R: 'TASK_RUNNING',
  F: 'TASK_FINISHED',
  U: 'TASK_UNREACHABLE',
  G: 'TASK_GONE',
  N: 'TASK_UNKNOWN',
};
const cases: [name: string, arriving: string, handled: string][] = [
  ['a repeated status', 'R1 R1', 'R1'],
  ['statuses of one state with different uuids', 'R1 R2', 'R1 R2'],
  ["the state that is known, in the master's words", 'R1 R R', 'R1'],
  ["another state in the master's words", 'R1 U R', 'R1 U R'],
  ['a repeated end', 'R1 F2 F2', 'R1 F2'],
  ['an answer that was under way when the task ended', 'R1 F2 F G N', 'R1 F2'],
  ["the agent's word after the master's", 'R1 F F2 F2', 'R1 F F2'],
  ['a task that was lost and is back', 'R1 N R R F2', 'R1 N R F2'],
  ["what masters say about a task after the agent's word for its end", 'F1 R', 'F1'],
  ['two words for the loss of a task', 'N G', 'N'],
];
for (const [name, arriving, handled] of cases) {
  test(`${name}: of ${arriving}, ${handled} are new`, () => {
    const ledger = new TaskLedger();
    ledger.launching([task('t')]);
    const isNew = arriving.split(' ').filter(word => {
      const each = status(states[word[0] ?? ''] ?? assert.fail(word), word[1]);
      const answer = ledger.isNew(each);
      if (answer) ledger.handled(each);
      return answer;
    });
    assert.equal(isNew.join(' '), handled);
  });
}

const unanswered = (ledger: TaskLedger) => ledger.unanswered().map(({ task_id }) => task_id.value);

test('tasks are asked about from the answer to their launch until there is a status', () => {
  const ledger = new TaskLedger([{ taskId: 'old', agentId: 'b' }]);
  assert.deepEqual(ledger.unanswered(), [{ task_id: { value: 'old' }, agent_id: { value: 'b' } }]);
  ledger.launching([task('t'), task('u')]);
  assert.deepEqual(unanswered(ledger), ['old'], 'the launch is under way');
  ledger.launched([task('t')], false);
  ledger.launched([task('u')], true);
  assert.deepEqual(unanswered(ledger), ['old', 't']);
  ledger.handled(status('TASK_RUNNING', '1'));
  assert.deepEqual(unanswered(ledger), ['old']);
  ledger.forgetAnswers();
  assert.deepEqual(unanswered(ledger), ['old', 't', 'u']);
  ledger.answered('u');
  ledger.handled(status('TASK_FINISHED', '2'));
  assert.deepEqual(unanswered(ledger), ['old']);
});

test('tasks of a refused launch are forgotten', () => {
  const ledger = new TaskLedger();
  ledger.launching([task('t')]);
  ledger.refused([task('t')]);
  ledger.forgetAnswers();
  assert.deepEqual(unanswered(ledger), []);
});

test('a task is asked about until the agent has confirmed its end', () => {
  const ledger = new TaskLedger([{ taskId: 't' }]);
  ledger.handled({ ...status('TASK_FAILED'), reason: 'REASON_RECONCILIATION' });
  assert.deepEqual(unanswered(ledger), []);
  ledger.forgetAnswers();
  assert.deepEqual(unanswered(ledger), ['t']);
  ledger.handled(status('TASK_FAILED', '1'));
  assert.deepEqual(unanswered(ledger), []);
});
