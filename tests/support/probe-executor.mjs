// A custom executor on the v1 HTTP API that behaves as the recorded one did: RUNNING for each task; one with data `go`
// finishes, others wait to be killed; framework messages are sent back; it ends when told to. What
// it sees is in `probe.jsonl`. TIMESTAMP is the time of its statuses, in seconds since the epoch; default: now.
// CONTAINER is a container id in JSON, in which it says its tasks are; default: it says nothing of that.
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { request } from 'node:http';

const { MESOS_AGENT_ENDPOINT: endpoint, MESOS_FRAMEWORK_ID, MESOS_EXECUTOR_ID, TIMESTAMP, CONTAINER } = process.env;
const ids = { framework_id: { value: MESOS_FRAMEWORK_ID }, executor_id: { value: MESOS_EXECUTOR_ID } };
const log = entry => appendFileSync('probe.jsonl', `${JSON.stringify(entry)}\n`);
log({ kind: 'env', env: process.env, cwd: process.cwd(), args: process.argv.slice(2) });

function call(body, onResponse) {
  const text = JSON.stringify({ ...ids, ...body });
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
  request(`http://${endpoint}/api/v1/executor`, { method: 'POST', headers }, onResponse).end(text);
}

/** Updates, one after the other: each has a connection of its own, which another one could overtake. */
let updates = Promise.resolve();

function update(taskId, state, message) {
  const uuid = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64');
  const status = {
    task_id: taskId,
    state,
    source: 'SOURCE_EXECUTOR',
    executor_id: ids.executor_id,
    uuid,
    timestamp: TIMESTAMP === undefined ? Date.now() / 1000 : Number(TIMESTAMP),
    message,
    ...(CONTAINER !== undefined && { container_status: { container_id: JSON.parse(CONTAINER) } }),
  };
  const send = () =>
    new Promise(resolve => {
      call({ type: 'UPDATE', update: { status } }, response => response.resume().on('end', resolve));
    });
  updates = updates.then(send);
}

const handlers = {
  LAUNCH({ launch: { task } }) {
    update(task.task_id, 'TASK_RUNNING', 'probe running');
    if (Buffer.from(task.data ?? '', 'base64').toString() === 'go') update(task.task_id, 'TASK_FINISHED', 'probe done');
  },
  KILL({ kill }) {
    update(kill.task_id, 'TASK_KILLED', 'probe killed');
  },
  MESSAGE({ message }) {
    call({ type: 'MESSAGE', message }, response => response.resume());
  },
  SHUTDOWN() {
    process.exit(0);
  },
};

call({ type: 'SUBSCRIBE', subscribe: {} }, response => {
  log({ kind: 'subscribe', status: response.statusCode, headers: response.headers });
  let rest = Buffer.alloc(0);
  response.on('data', piece => {
    rest = Buffer.concat([rest, piece]);
    for (;;) {
      const line = rest.indexOf('\n');
      const end = line + 1 + Number(rest.subarray(0, line));
      if (line < 0 || rest.length < end) return;
      const event = JSON.parse(rest.subarray(line + 1, end));
      rest = rest.subarray(end);
      log({ kind: 'event', event });
      handlers[event.type]?.(event);
    }
  });
  response.on('end', () => process.exit(0));
});
