import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, emptyForm, fieldOfRefusal, type RunValues } from './run-form.ts';

const cases: { name: string; typed: Partial<RunValues>; body: object }[] = [
  {
    name: 'a command',
    typed: { command: 'echo hello' },
    body: { command: 'echo hello', resources: { cpus: 0.1, mem: 32 }, count: 1 },
  },
  {
    name: 'an image with what it starts',
    typed: { what: 'docker', image: 'alpine:3', cpus: '1', mem: '', disk: '5', gpus: '1', count: '' },
    body: { image: { type: 'docker', name: 'alpine:3' }, resources: { cpus: 1, disk: 5, gpus: 1 } },
  },
  {
    name: 'an image without a name, which the master refuses',
    typed: { what: 'docker', command: 'run' },
    body: { command: 'run', image: { type: 'docker' }, resources: { cpus: 0.1, mem: 32 }, count: 1 },
  },
  {
    name: 'everything else',
    typed: { command: 'x', name: 'n', role: 'r', user: 'u', environment: 'A=1\n\n B=x=y ', uris: 'a\nb', labels: 'l=' },
    body: {
      ...{ command: 'x', name: 'n', role: 'r', user: 'u', resources: { cpus: 0.1, mem: 32 }, count: 1 },
      ...{ environment: { A: '1', B: 'x=y' }, labels: { l: '' }, uris: ['a', 'b'] },
    },
  },
  {
    name: 'what is no number goes to the master as it is',
    typed: { command: 'x', cpus: 'many', count: '1e999' },
    body: { command: 'x', resources: { cpus: 'many', mem: 32 }, count: '1e999' },
  },
];
for (const { name, typed, body } of cases) {
  test(`a request of ${name}`, () => assert.deepEqual(bodyOf({ ...emptyForm, ...typed }), { ok: true, body }));
}

test('lines that are no pairs are named', () => {
  assert.deepEqual(bodyOf({ ...emptyForm, environment: 'A=1\nB', labels: '=x' }), {
    ok: false,
    problems: { environment: "'B' is not of the form NAME=VALUE", labels: "'=x' is not of the form KEY=VALUE" },
  });
});

const refusals: [words: string, field: string | undefined][] = [
  [`'resources.cpus' is "many"; allowed: a number of at least 0`, 'cpus'],
  ["'resources' has no resource above 0", 'cpus'],
  ["'image.name' is missing", 'image'],
  ["'uris[1].value' is missing", 'uris'],
  ["'environment.A' is 7; allowed: a text", 'environment'],
  ["'timeout' is missing", undefined],
  ['403 Forbidden.', undefined],
  ["'constructor' is missing", undefined],
];
for (const [words, field] of refusals) {
  test(`${words} is about ${field}`, () => assert.equal(fieldOfRefusal(words), field));
}
