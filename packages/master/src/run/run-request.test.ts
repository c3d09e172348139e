import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FieldError } from '../validation/fields.ts';
import { readRunRequest } from './run-request.ts';

const usual = { role: '*', count: 1, amounts: { cpus: 0.1, mem: 32 }, waitMs: 600_000 };
const shell = { shell: true, value: 'echo', user: 'me' };

const good: readonly { readonly body: object; readonly read: object }[] = [
  { body: { command: 'echo' }, read: { ...usual, task: { name: 'run', command: shell } } },
  { body: { command: 'echo', role: null, name: null }, read: { ...usual, task: { name: 'run', command: shell } } },
  {
    body: { command: 'echo', arguments: ['a', ''], user: 'other' },
    read: {
      ...usual,
      task: { name: 'run', command: { shell: false, value: 'echo', arguments: ['echo', 'a', ''], user: 'other' } },
    },
  },
  {
    body: { image: { name: 'alpine' }, arguments: ['x'] },
    read: {
      ...usual,
      task: {
        name: 'run',
        command: { shell: false, arguments: ['x'], user: 'me' },
        container: { type: 'MESOS', mesos: { image: { type: 'DOCKER', docker: { name: 'alpine' } } } },
      },
    },
  },
  {
    body: { image: { type: 'appc', name: 'example.com/a' }, command: 'echo' },
    read: {
      ...usual,
      task: {
        name: 'run',
        command: shell,
        container: { type: 'MESOS', mesos: { image: { type: 'APPC', appc: { name: 'example.com/a' } } } },
      },
    },
  },
  {
    body: {
      ...{ name: 'n', command: 'echo', environment: { A: '1' }, labels: { l: '' }, count: 3, timeout: '1mins' },
      ...{ uris: ['a', { value: 'b', extract: false }], resources: { cpus: 2, mem: 0, gpus: 1 }, role: 'a/b' },
    },
    read: {
      ...{ role: 'a/b', count: 3, amounts: { cpus: 2, gpus: 1 }, waitMs: 60_000 },
      task: {
        name: 'n',
        command: {
          ...shell,
          environment: { variables: [{ name: 'A', value: '1' }] },
          uris: [{ value: 'a' }, { value: 'b', extract: false }],
        },
        labels: { labels: [{ key: 'l', value: '' }] },
      },
    },
  },
  {
    body: {
      task: { name: 't', task_id: { value: 'id' }, command: { value: 'echo', user: 'its' }, agent_id: { value: 'x' } },
    },
    read: { ...usual, task: { name: 't', task_id: { value: 'id' }, command: { value: 'echo', user: 'its' } } },
  },
];
for (const { body, read } of good) {
  test(`${JSON.stringify(body).slice(0, 100)} is read`, () => assert.deepEqual(readRunRequest(body, 'me'), read));
}

const bad: readonly (readonly [body: unknown, field: string, words: RegExp])[] = [
  [[], 'body', /^'body' is no JSON object$/],
  [{}, 'command', /^'command' is missing: give a command or an image$/],
  [{ comand: 'x' }, 'comand', /^'comand' is not known; did you mean command\?$/],
  [{ command: 7 }, 'command', /^'command' is 7; allowed: a text that is not empty$/],
  [{ command: '' }, 'command', /is ""; allowed/],
  [{ command: 'x', arguments: 'y' }, 'arguments', /is "y"; allowed: a list$/],
  [{ command: 'x', arguments: [1] }, 'arguments[0]', /^'arguments\[0\]' is 1; allowed: a text$/],
  [{ image: 'alpine' }, 'image', /is "alpine"; allowed: a JSON object$/],
  [{ image: {} }, 'image.name', /^'image.name' is missing$/],
  [{ image: { name: 'a', type: 'oci' } }, 'image.type', /is "oci"; allowed: docker, appc$/],
  [{ command: 'x', resources: { cpus: '1' } }, 'resources.cpus', /is "1"; allowed: a number of at least 0$/],
  [{ command: 'x', resources: { mem: -1 } }, 'resources.mem', /is -1/],
  [{ command: 'x', resources: { gpus: 0.5 } }, 'resources.gpus', /allowed: a whole number of at least 0$/],
  [{ command: 'x', resources: { cpu: 1 } }, 'resources.cpu', /did you mean cpus\?$/],
  [{ command: 'x', resources: { cpus: 0, mem: 0.0001 } }, 'resources', /^'resources' has no resource above 0/],
  [{ command: 'x', role: '-x' }, 'role', /^'role' is not a valid role: /],
  [{ command: 'x', user: 7 }, 'user', /is 7/],
  [{ command: 'x', name: 'a/b' }, 'name', /cannot be the beginning of a task's id: /],
  [{ command: 'x', environment: { A: 1 } }, 'environment.A', /is 1; allowed: a text$/],
  [{ command: 'x', environment: { '': 'a' } }, 'environment', /has an empty name$/],
  [{ command: 'x', uris: [{ extract: true }] }, 'uris[0].value', /is missing$/],
  [{ command: 'x', uris: [{ value: 'a', extract: 1 }] }, 'uris[0].extract', /is 1; allowed: true or false$/],
  [{ command: 'x', labels: [] }, 'labels', /is \[\]; allowed: a JSON object$/],
  [{ command: 'x', count: 0 }, 'count', /is 0; allowed: a whole number from 1 to 100$/],
  [{ command: 'x', count: 101 }, 'count', /is 101/],
  [{ command: 'x', timeout: '5' }, 'timeout', /is "5"; allowed: a duration such as 5secs or 10mins$/],
  [{ command: 'x', timeout: '0secs' }, 'timeout', /above 0, of a week at most$/],
  [{ command: 'x', task: { name: 'x' } }, 'command', /cannot be given with 'task'/],
  [{ task: { name: 'x' } }, 'task', /needs either a command or an executor$/],
  [
    { task: { executor: { type: 'DEFAULT', executor_id: { value: 'e' } } }, user: 'ops' },
    'task.executor',
    /needs a command$/,
  ],
  [{ task: { comand: {} } }, 'task.comand', /did you mean command\?$/],
  [{ task: { command: 'x' } }, 'task', /^'task' is no TaskInfo: /],
  [
    { task: { command: {}, resources: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 1 } }] } },
    'task.resources',
    /give 'resources'$/,
  ],
  [{ task: { command: {}, task_id: { value: '../x' } } }, 'task.task_id', /is not valid: /],
  [{ task: { command: {}, task_id: { value: 'x' } }, count: 2 }, 'task.task_id', /with a 'count' above 1$/],
];
for (const [body, field, words] of bad) {
  test(`${JSON.stringify(body).slice(0, 100)} is refused`, () => {
    assert.throws(
      () => readRunRequest(body, 'me'),
      (error: Error) => {
        assert.ok(error instanceof FieldError, String(error));
        assert.equal(error.field, field);
        assert.match(error.message, words);
        return true;
      },
    );
  });
}
