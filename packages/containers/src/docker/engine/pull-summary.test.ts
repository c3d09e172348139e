/** Lines about pulls. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PullSummary } from './pull-summary.ts';

type Message = [id: string, status: string, current?: number, total?: number];

const mb = 1024 * 1024;

function lines(...messages: Message[]): string[] {
  const summary = new PullSummary();
  return messages
    .map(([id, status, current = 0, total = 0]) => summary.add({ id, status, current, total, error: undefined }))
    .filter(line => line !== undefined);
}

const cases: { name: string; messages: Message[]; expected: string[] }[] = [
  {
    name: 'a layer in steps, then complete',
    messages: [
      ['latest', 'Pulling from library/busybox'],
      ['aaa', 'Pulling fs layer'],
      ['bbb', 'Pulling fs layer'],
      ['aaa', 'Downloading', mb, 100 * mb],
      ['aaa', 'Downloading', 10 * mb, 100 * mb],
      ['aaa', 'Downloading', 11 * mb, 100 * mb],
      ['aaa', 'Download complete'],
      ['aaa', 'Extracting', mb, 100 * mb],
      ['aaa', 'Pull complete'],
      ['bbb', 'Pull complete'],
      ['', 'Digest: sha256:123'],
      ['', 'Status: Downloaded newer image for busybox:latest'],
    ],
    expected: [
      '0 of 2 layers, 10.0 of 100.0 MB (10%)',
      '0 of 2 layers, 100.0 of 100.0 MB (100%)',
      '1 of 2 layers, 100.0 of 100.0 MB (100%)',
      '2 of 2 layers, 100.0 of 100.0 MB (100%)',
      'Digest: sha256:123',
      'Status: Downloaded newer image for busybox:latest',
    ],
  },
  {
    name: 'layers that are there already',
    messages: [['aaa', 'Already exists']],
    expected: ['1 of 1 layers, 0.0 of 0.0 MB'],
  },
  {
    name: 'a small layer that comes slowly',
    messages: [
      ['aaa', 'Downloading', 0.5 * mb, 3 * mb],
      ['aaa', 'Downloading', 1.2 * mb, 3 * mb],
      ['aaa', 'Downloading', 2.3 * mb, 3 * mb],
    ],
    expected: ['0 of 1 layers, 1.2 of 3.0 MB (40%)', '0 of 1 layers, 2.3 of 3.0 MB (76%)'],
  },
  {
    name: 'each attempt that failed, once',
    messages: [
      ['aaa', 'Pulling fs layer'],
      ['aaa', 'Retrying in 2 seconds'],
      ['aaa', 'Retrying in 1 second'],
      ['aaa', 'Downloading', 0, 3 * mb],
      ['aaa', 'Retrying in 10 seconds'],
    ],
    expected: ['layer aaa failed. Retrying in 2 seconds', 'layer aaa failed. Retrying in 10 seconds'],
  },
  {
    name: 'more than the registry said',
    messages: [['aaa', 'Downloading', 20 * mb, 0]],
    expected: ['0 of 1 layers, 20.0 of 20.0 MB (100%)'],
  },
];
for (const { name, messages, expected } of cases) {
  test(name, () => assert.deepEqual(lines(...messages), expected));
}

test('there are few lines, however many messages come', () => {
  const messages: Message[] = [];
  for (let layer = 0; layer < 20; layer++) {
    for (let at = 1; at <= 1000; at++) messages.push([`layer${layer}`, 'Downloading', at * mb, 1000 * mb]);
    messages.push([`layer${layer}`, 'Pull complete']);
  }
  assert.ok(lines(...messages).length < 100);
});

test('layers beyond a limit are not counted', () => {
  const messages: Message[] = Array.from({ length: 5000 }, (_, index) => [`${index}`, 'Pulling fs layer']);
  assert.deepEqual(lines(...messages, ['0', 'Pull complete']), ['1 of 1000 layers, 0.0 of 0.0 MB']);
});
