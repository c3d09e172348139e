/**
 * A custom executor on the v1 API, for tests. A task whose data is `end` finishes at once, others run until they are
 * killed. Comes back to a restarted agent.
 */
import { randomBytes } from 'node:crypto';
import { defaultScheme, HttpClient } from '@meseta/process';
import {
  type ExecutorCallUpdate,
  type ExecutorEvent,
  RecordDecoder,
  type TaskInfo,
  type TaskState,
} from '@meseta/protocol';

const { MESOS_AGENT_ENDPOINT = '', MESOS_FRAMEWORK_ID = '', MESOS_EXECUTOR_ID = '' } = process.env;
const { MESOS_EXECUTOR_AUTHENTICATION_TOKEN: token } = process.env;
const path = '/slave(1)/api/v1/executor';
const headers = { ...(token && { Authorization: `Bearer ${token}` }) };
const client = new HttpClient(`${defaultScheme(process.env)}://${MESOS_AGENT_ENDPOINT}`, { headers });
const ids = { framework_id: { value: MESOS_FRAMEWORK_ID }, executor_id: { value: MESOS_EXECUTOR_ID } };
const tasks = new Map<string, TaskInfo>();
const updates = new Map<string, ExecutorCallUpdate>();

async function call(type: string, rest: object): Promise<void> {
  await client.post(path, { ...ids, type, ...rest }).catch(() => undefined); // sent again with the next subscription
}

async function update(taskId: string, state: TaskState): Promise<void> {
  const uuid = randomBytes(16).toString('base64');
  const status = { task_id: { value: taskId }, state, uuid, source: 'SOURCE_EXECUTOR' as const };
  updates.set(uuid, { status });
  await call('UPDATE', { update: { status } });
}

async function launched(task: TaskInfo): Promise<void> {
  const id = task.task_id.value;
  tasks.set(id, task);
  await update(id, 'TASK_RUNNING');
  if (task.data === Buffer.from('end').toString('base64')) await update(id, 'TASK_FINISHED');
}

async function onEvent({ type, launch, launch_group, kill, acknowledged, message }: ExecutorEvent): Promise<void> {
  if (type === 'LAUNCH' && launch) await launched(launch.task);
  if (type === 'LAUNCH_GROUP') {
    const group = launch_group?.task_group.tasks ?? [];
    console.log('group of', group.map(({ task_id }) => task_id.value).join(' '));
    for (const task of group) await launched(task);
  }
  if (type === 'KILL' && kill) await update(kill.task_id.value, 'TASK_KILLED');
  if (type === 'ACKNOWLEDGED' && acknowledged) {
    updates.delete(acknowledged.uuid);
    tasks.delete(acknowledged.task_id.value);
  }
  if (type === 'MESSAGE' && message) await call('MESSAGE', { message });
  if (type === 'SHUTDOWN') process.exit(0);
}

async function subscribe(): Promise<void> {
  const subscribe = { unacknowledged_tasks: [...tasks.values()], unacknowledged_updates: [...updates.values()] };
  const { status, body } = await client.request('POST', path, {
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify({ ...ids, type: 'SUBSCRIBE', subscribe }),
  });
  if (status !== 200) throw new Error(`SUBSCRIBE was answered with ${status}`);
  const decoder = new RecordDecoder();
  for await (const piece of body) {
    for (const record of decoder.push(piece)) await onEvent(JSON.parse(record.toString()) as ExecutorEvent);
  }
}

for (;;) {
  await subscribe().catch(() => undefined); // the agent is away
  await new Promise(resolve => {
    setTimeout(resolve, 50);
  });
}
