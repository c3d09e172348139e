/** What must not compile: an id of one kind, or plain text, in the place of another. `npm run check` proves it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentID, type AgentId, checkId, type IdMap, type TaskID, type TaskId, type TaskInfo } from './index.ts';

const text: string = 'a';
const agentId: AgentId = checkId(text);
const taskId: TaskId = checkId(text);
const message: TaskID = { value: text };
const fromMessage: TaskId = checkId(message.value);

// @ts-expect-error An agent's id is no task's.
const agentForTask: TaskId = agentId;
// @ts-expect-error And a task's is no agent's.
const taskForAgent: AgentId = taskId;
// @ts-expect-error Plain text is no task's id.
const textForTask: TaskId = text;
// @ts-expect-error Nor an agent's.
const textForAgent: AgentId = text;
// @ts-expect-error What a message says has not been checked.
const unchecked: TaskId = message.value;
// @ts-expect-error Checking makes an id of no other kind than the message's.
const checkedAsAnother: AgentId = checkId(message.value);
// @ts-expect-error Plain text can be an id of any kind: which one has to be said.
const unsaid: TaskId = [checkId(text)][0];
// @ts-expect-error A message of one kind is none of another.
const messageForAnother: AgentID = message;
// @ts-expect-error An agent's id in a task's message.
const agentInTask: TaskID = { value: agentId };
// @ts-expect-error The same deeper down.
const agentInTaskInfo: Pick<TaskInfo, 'task_id'> = { task_id: { value: agentId } };
// @ts-expect-error They are never equal.
const compared = agentId === taskId;

const tasks: IdMap<'task', number> = new Map();
tasks.set(taskId, 1);
// @ts-expect-error Keys are checked.
tasks.set(text, 1);
// @ts-expect-error Keys are of one kind.
const foundByAgent = tasks.get(agentId);

test('an id does not pass for one of another kind, nor does plain text', () => {
  const all = [agentForTask, taskForAgent, textForTask, textForAgent, unchecked, checkedAsAnother, unsaid];
  assert.deepEqual(new Set([...all, fromMessage]), new Set([text]));
  assert.deepEqual([messageForAnother, agentInTask, agentInTaskInfo.task_id], Array(3).fill({ value: text }));
  assert.deepEqual([compared, foundByAgent, tasks.get(message.value)], [true, 1, 1]);
});
