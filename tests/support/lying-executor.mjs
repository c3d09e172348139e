// A custom executor on the v1 HTTP API that lies: about tasks it never had, of others and of its own, in every way it can
// think of, and without end. VICTIM is a task of another framework, SIBLING one of its own on another executor.
// What it sent, and what it was answered, is on standard output, a line each; the last line is `done`.
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { connect } from 'node:net';

const { MESOS_AGENT_ENDPOINT: endpoint = '', MESOS_FRAMEWORK_ID, MESOS_EXECUTOR_ID, VICTIM, SIBLING } = process.env;
const ids = { framework_id: { value: MESOS_FRAMEWORK_ID }, executor_id: { value: MESOS_EXECUTOR_ID } };
const floods = Number(process.env.FLOODS ?? 2000);
const json = { 'Content-Type': 'application/json', Accept: 'application/json' };
const newUuid = () => randomBytes(16).toString('base64');

/** Resolves with the status of the answer, or with why there is none. */
const post = (body, headers = {}) =>
  new Promise(resolve => {
    const sent = request(`http://${endpoint}/api/v1/executor`, { method: 'POST', headers: { ...json, ...headers } });
    sent.on('response', response => {
      response.resume().on('error', () => undefined);
      resolve(response.statusCode);
    });
    sent.on('error', error => resolve(error.code));
    sent.end(Buffer.isBuffer(body) || typeof body === 'string' ? body : JSON.stringify({ ...ids, ...body }));
  });

const update = (task, state, more = {}) => {
  const status = { task_id: { value: task }, state, uuid: newUuid(), source: 'SOURCE_EXECUTOR', ...more };
  return post({ type: 'UPDATE', update: { status } });
};

const subscribe = (onTask, subscribe = {}) => {
  const sent = request(`http://${endpoint}/api/v1/executor`, { method: 'POST', headers: json }, response => {
    response
      .on('error', () => undefined)
      .on('data', piece => {
        const [, task] = /"launch":.*?"task_id":\{"value":"([^"]+)"/.exec(piece) ?? [];
        if (task !== undefined) onTask(task);
      });
  });
  sent.on('error', () => undefined).end(JSON.stringify({ ...ids, type: 'SUBSCRIBE', subscribe }));
};

const own = await new Promise(resolve => subscribe(resolve));
await update(own, 'TASK_RUNNING');

const lies = {
  'a task it never had': () => update('never', 'TASK_FINISHED'),
  "another framework's task": () => update(VICTIM, 'TASK_FAILED'),
  "another executor's task": () => update(SIBLING, 'TASK_KILLED'),
  'another agent': () => update(own, 'TASK_RUNNING', { agent_id: { value: 'another' } }),
  'another executor': () => update(own, 'TASK_RUNNING', { executor_id: { value: 'another' } }),
  'the agent as its source': () => update(own, 'TASK_RUNNING', { source: 'SOURCE_AGENT' }),
  'a state that is none': () => update(own, 'TASK_HAPPY'),
  'a state that is a number': () => update(own, 4711),
  'a time far away': () => update(own, 'TASK_RUNNING', { timestamp: 1e300 }),
  'a time before all': () => update(own, 'TASK_RUNNING', { timestamp: -1e300 }),
  'a time that is none': () => update(own, 'TASK_RUNNING', { timestamp: 'NaN' }),
  'an id that is a path': () => update('../../../../etc/passwd', 'TASK_RUNNING'),
  'an id without an end': () => update('x'.repeat(1_000_000), 'TASK_RUNNING'),
  'no id': () => update('', 'TASK_RUNNING'),
  'the container of another': () =>
    update(own, 'TASK_RUNNING', {
      container_status: { container_id: { value: '../x', parent: { value: '..' } }, executor_pid: 1 },
    }),
  'limits below zero': () =>
    update(own, 'TASK_RUNNING', {
      limitation: { resources: [{ name: 'cpus', type: 'SCALAR', scalar: { value: -1e300 } }] },
    }),
  'too much data': () => update(own, 'TASK_RUNNING', { data: 'A'.repeat(100_000_000) }),
  'a message that is too large': () => post({ type: 'MESSAGE', message: { data: 'A'.repeat(100_000_000) } }),
  'no JSON': () => post('{'),
  'JSON without an end': () => post('['.repeat(100_000)),
  'no protobuf': () => post(Buffer.alloc(100_000, 0xff), { 'Content-Type': 'application/x-protobuf' }),
  'tasks that it brings back': async () => {
    const tasks = Array.from({ length: 100 }, (_, i) => ({
      ...{ name: 'brought', task_id: { value: `brought-${i}` }, agent_id: { value: 'a' } },
      resources: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 1e9 } }],
    }));
    const status = { task_id: { value: VICTIM }, state: 'TASK_FAILED', uuid: newUuid(), source: 'SOURCE_EXECUTOR' };
    subscribe(() => undefined, { unacknowledged_tasks: tasks, unacknowledged_updates: [{ status }] });
    return 'sent';
  },
  'more streams than one, none of them read': async () => {
    const body = JSON.stringify({ ...ids, type: 'SUBSCRIBE', subscribe: {} });
    const head = `POST /api/v1/executor HTTP/1.1\r\nHost: ${endpoint}\r\nContent-Type: application/json\r\nAccept: application/json`;
    for (let i = 0; i < 200; i++) {
      const [host, port] = endpoint.split(':');
      const socket = connect(Number(port), host).on('error', () => undefined);
      socket.pause().write(`${head}\r\nContent-Length: ${body.length}\r\n\r\n${i % 2 ? body : '{'}`);
    }
    return 'sent';
  },
  'statuses without an end': async () => {
    let left = floods;
    const repeated = newUuid();
    const state = () => (left % 2 ? 'TASK_RUNNING' : 'TASK_STARTING');
    const some = async () => {
      while (left-- > 0) {
        if (left % 4 === 0) await update(`never-${left}`, 'TASK_FINISHED');
        else await update(own, state(), left % 4 === 1 ? { uuid: repeated } : {});
      }
    };
    await Promise.all(Array.from({ length: 16 }, some));
    return 'sent';
  },
  'an end, and what follows it': async () => {
    await update(own, 'TASK_FINISHED');
    return [await update(own, 'TASK_RUNNING'), await update(own, 'TASK_FAILED')].join();
  },
};

for (const [what, lie] of Object.entries(lies)) console.log(`${what}: ${await lie()}`);
console.log('done');
setInterval(() => undefined, 1000);
