/**
 * A custom executor on the v0 driver protocol that lies: as `lying-executor.mjs` does on the v1 API. VICTIM names
 * framework, executor and task of somebody else, a comma between them. The last line of its standard output is `done`.
 */
import { randomBytes } from 'node:crypto';
import { HttpServer, Libprocess, type Pid, parsePid, Router } from '@meseta/process';
import {
  ExecutorToFrameworkMessage,
  encode,
  type MessageType,
  RegisterExecutorMessage,
  ReregisterExecutorMessage,
  RunTaskMessage,
  type StatusUpdate,
  StatusUpdateMessage,
  type TaskState,
} from '@meseta/protocol';

const { MESOS_SLAVE_PID = '', MESOS_SLAVE_ID = '', MESOS_FRAMEWORK_ID = '', MESOS_EXECUTOR_ID = '' } = process.env;
const [victimFramework = '', victimExecutor = '', victimTask = ''] = (process.env.VICTIM ?? '').split(',');
const own = { framework_id: { value: MESOS_FRAMEWORK_ID }, executor_id: { value: MESOS_EXECUTOR_ID } };
const victim = { framework_id: { value: victimFramework }, executor_id: { value: victimExecutor } };
const agent = parsePid(MESOS_SLAVE_PID) as Pid;
const megabyte = 1024 * 1024;

const server = new HttpServer({ handler: new Router().handle });
await server.listen('127.0.0.1', 0);
const transport = new Libprocess(server);
const pid = `executor(1)@${server.address.address}:${server.address.port}`;

/** Sends bytes when those before them have left: nothing of it is to be lost here. */
async function sendBytes(name: string, bytes: Uint8Array): Promise<void> {
  if (transport.waitingBytes(agent) > 16 * megabyte) await transport.drained(agent);
  transport.send(agent, 'executor(1)', name, bytes);
}
const send = <T>(type: MessageType<T>, message: T) => sendBytes(type.fullName, encode(type, message));

function update(task: string, state: TaskState, more: Partial<StatusUpdate> = {}, data?: string): Promise<void> {
  const timestamp = Date.now() / 1000;
  const uuid = randomBytes(16).toString('base64');
  const status = { task_id: { value: task }, state, timestamp, ...(data !== undefined && { data }) };
  const sent = { ...own, agent_id: { value: MESOS_SLAVE_ID }, status, timestamp, uuid, ...more };
  return send(StatusUpdateMessage, { update: sent, pid });
}

const launched = Promise.withResolvers<void>();
transport.install('executor(1)', RunTaskMessage.fullName, () => launched.resolve());
await send(RegisterExecutorMessage, own);
await launched.promise;
const task = MESOS_EXECUTOR_ID;
await update(task, 'TASK_RUNNING');

const large = 'A'.repeat(8 * megabyte);
const lies: Record<string, () => Promise<void>> = {
  'a task it never had': () => update('never', 'TASK_FINISHED'),
  "another framework's task": () => update(victimTask, 'TASK_FAILED'),
  'as another executor': () => update(victimTask, 'TASK_FAILED', victim),
  'of another agent': () => update(task, 'TASK_RUNNING', { agent_id: { value: 'another' } }),
  'of no executor': () => update(victimTask, 'TASK_FAILED', { framework_id: { value: victimFramework } }),
  'a uuid that is none': () => update(task, 'TASK_RUNNING', { uuid: 'AAAA' }),
  'a time that is none': () => update(task, 'TASK_RUNNING', { timestamp: Number.NaN }),
  'an id that is a path': () => update('../../../../etc/passwd', 'TASK_RUNNING'),
  'an id without an end': () => update('x'.repeat(megabyte), 'TASK_RUNNING'),
  'a message of another executor': () =>
    send(ExecutorToFrameworkMessage, { ...victim, agent_id: { value: MESOS_SLAVE_ID }, data: 'bGll' }),
  'a message to another framework': () =>
    send(ExecutorToFrameworkMessage, {
      ...{ framework_id: victim.framework_id, executor_id: own.executor_id },
      ...{ agent_id: { value: MESOS_SLAVE_ID }, data: 'bGll' },
    }),
  'itself once more, with tasks of others': () =>
    send(ReregisterExecutorMessage, {
      ...own,
      tasks: [],
      updates: [
        {
          ...{ ...victim, agent_id: { value: MESOS_SLAVE_ID }, timestamp: 1 },
          status: { task_id: { value: victimTask }, state: 'TASK_FAILED' },
          uuid: randomBytes(16).toString('base64'),
        },
      ],
    }),
  'no protobuf': async () => {
    for (const { fullName } of [StatusUpdateMessage, ReregisterExecutorMessage, ExecutorToFrameworkMessage]) {
      await sendBytes(fullName, Buffer.alloc(100_000, 0xff));
      await sendBytes(fullName, Buffer.alloc(0));
    }
  },
  'a state that is none': async () => {
    const status = { task_id: { value: task }, state: 'TASK_KILLED' as const };
    const bytes = Buffer.from(
      encode(StatusUpdateMessage, {
        update: { ...own, status, timestamp: 1, uuid: randomBytes(16).toString('base64') },
        pid,
      }),
    );
    const at = bytes.lastIndexOf(Buffer.from([0x10, 4])); // field 2 of the status: TASK_KILLED
    bytes[at + 1] = 99;
    await sendBytes(StatusUpdateMessage.fullName, bytes);
  },
  'statuses without an end': async () => {
    for (let i = 0; i < 3000; i++) await update(i % 2 ? task : `never-${i}`, 'TASK_RUNNING');
  },
  'much data': async () => {
    for (let i = 0; i < 12; i++) {
      await update(task, 'TASK_RUNNING', {}, large);
      await send(ExecutorToFrameworkMessage, { ...own, agent_id: { value: MESOS_SLAVE_ID }, data: large });
    }
  },
};

for (const [what, lie] of Object.entries(lies)) {
  await lie();
  console.log(what);
}
await update(task, 'TASK_FINISHED');
await transport.drained(agent);
console.log('done');
