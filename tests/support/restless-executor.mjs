// A custom executor on the v1 HTTP API whose task changes its state 100 times, one after the other, and then runs.
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';

const { MESOS_AGENT_ENDPOINT: endpoint = '', MESOS_FRAMEWORK_ID, MESOS_EXECUTOR_ID } = process.env;
const ids = { framework_id: { value: MESOS_FRAMEWORK_ID }, executor_id: { value: MESOS_EXECUTOR_ID } };
const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
const send = (body, take) =>
  request(`http://${endpoint}/api/v1/executor`, { method: 'POST', headers }, take).end(
    JSON.stringify({ ...ids, ...body }),
  );

const own = await new Promise(resolve => {
  send({ type: 'SUBSCRIBE', subscribe: {} }, response => {
    response.on('data', piece => {
      const [, task] = /"launch":.*?"task_id":\{"value":"([^"]+)"/.exec(piece) ?? [];
      if (task !== undefined) resolve(task);
    });
  });
});
for (let count = 1; count <= 100; count++) {
  const status = {
    ...{ task_id: { value: own }, source: 'SOURCE_EXECUTOR', uuid: randomBytes(16).toString('base64') },
    ...{ state: count % 2 ? 'TASK_STARTING' : 'TASK_RUNNING', message: `change ${count}` },
  };
  await new Promise(resolve => {
    send({ type: 'UPDATE', update: { status } }, response => response.resume().on('end', resolve));
  });
}
setInterval(() => undefined, 1000);
