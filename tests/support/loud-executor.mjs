// A custom executor on the v1 HTTP API that says too much: as soon as there is a file `go` in its sandbox, it sends 24
// messages and 12 status updates with 4 MiB of data each, all at once. What it was answered is on standard output, a line
// each; the last line is `done`.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const { MESOS_AGENT_ENDPOINT: endpoint = '', MESOS_FRAMEWORK_ID, MESOS_EXECUTOR_ID } = process.env;
const ids = { framework_id: { value: MESOS_FRAMEWORK_ID }, executor_id: { value: MESOS_EXECUTOR_ID } };
const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
const data = 'A'.repeat(4 * 1024 * 1024);

/** Resolves with the answer's status and text. */
const post = body =>
  new Promise(resolve => {
    const sent = request(`http://${endpoint}/api/v1/executor`, { method: 'POST', headers }, response => {
      let text = '';
      response.setEncoding('utf8').on('data', piece => {
        text += piece;
      });
      response.on('end', () => resolve(`${response.statusCode} ${text}`)).on('error', error => resolve(error.code));
    });
    sent.on('error', error => resolve(error.code)).end(JSON.stringify({ ...ids, ...body }));
  });

const own = await new Promise(resolve => {
  const sent = request(`http://${endpoint}/api/v1/executor`, { method: 'POST', headers }, response => {
    response
      .on('error', () => undefined)
      .on('data', piece => {
        const [, task] = /"launch":.*?"task_id":\{"value":"([^"]+)"/.exec(piece) ?? [];
        if (task !== undefined) resolve(task);
      });
  });
  sent.on('error', () => undefined).end(JSON.stringify({ ...ids, type: 'SUBSCRIBE', subscribe: {} }));
});

const update = (state, more = {}) => {
  const status = {
    task_id: { value: own },
    state,
    source: 'SOURCE_EXECUTOR',
    uuid: randomBytes(16).toString('base64'),
  };
  return post({ type: 'UPDATE', update: { status: { ...status, ...more } } });
};

await update('TASK_RUNNING');
while (!existsSync('go')) await sleep(20);
const say = what => answer => console.log(`${what}: ${answer}`);
await Promise.all([
  ...Array.from({ length: 24 }, () => post({ type: 'MESSAGE', message: { data } }).then(say('message'))),
  ...Array.from({ length: 12 }, () => update('TASK_RUNNING', { data }).then(say('update'))),
]);
await update('TASK_FINISHED').then(say('end'));
console.log('done');
setInterval(() => undefined, 1000);
