/** A custom executor on the v0 driver protocol, for tests; does with tasks what `http-executor.ts` does. */
import { randomBytes } from 'node:crypto';
import { daemonTls, HttpServer, Libprocess, type Pid, parsePid, Router } from '@meseta/process';
import {
  decode,
  ExecutorToFrameworkMessage,
  encode,
  FrameworkToExecutorMessage,
  KillTaskMessage,
  type MessageType,
  ReconnectExecutorMessage,
  RegisterExecutorMessage,
  ReregisterExecutorMessage,
  RunTaskMessage,
  ShutdownExecutorMessage,
  type StatusUpdate,
  StatusUpdateAcknowledgementMessage,
  StatusUpdateMessage,
  type TaskInfo,
  type TaskState,
} from '@meseta/protocol';

const { MESOS_SLAVE_PID = '', MESOS_SLAVE_ID = '', MESOS_FRAMEWORK_ID = '', MESOS_EXECUTOR_ID = '' } = process.env;
const actor = 'executor(1)';
/** How often it must be asked in vain to come back to a restarted agent. */
let ignored = Number(process.env.IGNORED_RECONNECTS ?? 0);
const ids = { framework_id: { value: MESOS_FRAMEWORK_ID }, executor_id: { value: MESOS_EXECUTOR_ID } };
let agent = parsePid(MESOS_SLAVE_PID) as Pid;
const tasks = new Map<string, TaskInfo>();
const updates = new Map<string, StatusUpdate>();

const tls = daemonTls(process.env, () => undefined); // the agent's, or what is said for executors
const server = new HttpServer({ handler: new Router().handle, tls });
await server.listen('127.0.0.1', 0);
const transport = new Libprocess(server);

const send = <T>(type: MessageType<T>, message: T) =>
  transport.send(agent, actor, type.fullName, encode(type, message));

function on<T>(type: MessageType<T>, handle: (message: T, from: Pid) => void): void {
  transport.install(actor, type.fullName, (from, body) => handle(decode(type, body), from));
}

function update(taskId: string, state: TaskState): void {
  const timestamp = Date.now() / 1000;
  const uuid = randomBytes(16).toString('base64');
  const status = { task_id: { value: taskId }, state, timestamp };
  const sent: StatusUpdate = { ...ids, agent_id: { value: MESOS_SLAVE_ID }, status, timestamp, uuid };
  updates.set(uuid, sent);
  send(StatusUpdateMessage, { update: sent, pid: `${actor}@${server.address.address}:${server.address.port}` });
}

on(RunTaskMessage, ({ task }) => {
  tasks.set(task.task_id.value, task);
  update(task.task_id.value, 'TASK_RUNNING');
  if (task.data === Buffer.from('end').toString('base64')) update(task.task_id.value, 'TASK_FINISHED');
});
on(KillTaskMessage, ({ task_id }) => update(task_id.value, 'TASK_KILLED'));
on(StatusUpdateAcknowledgementMessage, ({ uuid, task_id }) => {
  updates.delete(uuid);
  tasks.delete(task_id.value);
});
on(FrameworkToExecutorMessage, ({ data }) =>
  send(ExecutorToFrameworkMessage, { ...ids, agent_id: { value: MESOS_SLAVE_ID }, data }),
);
on(ReconnectExecutorMessage, (_, from) => {
  if (ignored-- > 0) return;
  agent = from;
  send(ReregisterExecutorMessage, { ...ids, tasks: [...tasks.values()], updates: [...updates.values()] });
});
on(ShutdownExecutorMessage, () => process.exit(0));
send(RegisterExecutorMessage, ids);
