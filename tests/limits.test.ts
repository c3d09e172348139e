/** Commands and environments at the edge of what a process can be given: they work, or the error names what is too large. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { CommandInfo, TaskState } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';
import { type Framework, isTerminal } from './support/framework.ts';

const kilobyte = 1024;
const variables = (...list: [name: string, value: string][]): Partial<CommandInfo> => ({
  environment: { variables: list.map(([name, value]) => ({ name, type: 'VALUE', value })) },
});

interface Case {
  readonly name: string;
  readonly command: CommandInfo;
  readonly ends: TaskState;
  /** Of the terminal update, or of standard output when the task finishes. */
  readonly says: RegExp;
}

const cases: Case[] = [
  {
    name: 'a variable of 100,000 characters',
    command: { value: 'printf %s "$BIG" | wc -c', ...variables(['BIG', 'x'.repeat(100_000)]) },
    ends: 'TASK_FINISHED',
    says: /100000/,
  },
  {
    name: 'a variable larger than the kernel takes',
    command: { value: 'true', ...variables(['OTHER', 'x'], ['HUGE_ONE', 'x'.repeat(200 * kilobyte)]) },
    ends: 'TASK_FAILED',
    says: /HUGE_ONE.*131,?072|HUGE_ONE.*128 ?Ki?B/,
  },
  {
    name: '10,000 variables',
    command: {
      value: 'env | grep -c ^VARIABLE_',
      ...variables(...Array.from({ length: 10_000 }, (_, i): [string, string] => [`VARIABLE_${i}`, 'x'.repeat(20)])),
    },
    ends: 'TASK_FINISHED',
    says: /10000/,
  },
  {
    name: 'an environment larger than the kernel takes',
    command: {
      value: 'true',
      ...variables(...Array.from({ length: 100 }, (_, i): [string, string] => [`LARGE_${i}`, 'x'.repeat(100_000)])),
    },
    ends: 'TASK_FAILED',
    says: /arguments and environment are 10\d{6} bytes.*LARGE_/,
  },
  {
    name: 'a command of 1 MB',
    command: { value: `true ${'x'.repeat(1024 * kilobyte)}` },
    ends: 'TASK_FAILED',
    says: /(command|argument).*131,?072|(command|argument).*128 ?Ki?B/i,
  },
  {
    name: 'values with everything but NUL',
    command: { value: 'printf %s "$ODD" | od -An -tx1', ...variables(['ODD', 'a\nb\t=\x01\x7fü']) },
    ends: 'TASK_FINISHED',
    says: /61 0a 62 09 3d 01 7f c3 bc/,
  },
  {
    name: 'NUL in a value',
    command: { value: 'true', ...variables(['NULLED', 'a\0b']) },
    ends: 'TASK_FAILED',
    says: /NULLED/,
  },
  { name: '= in a name', command: { value: 'true', ...variables(['A=B', 'c']) }, ends: 'TASK_FAILED', says: /A=B/ },
  { name: 'no name', command: { value: 'true', ...variables(['', 'c']) }, ends: 'TASK_FAILED', says: /name/ },
];

test('large and odd environments and commands', async t => {
  const cluster = await Cluster.start(t);
  const framework = await cluster.framework();
  for (const [index, { name, command, ends, says }] of cases.entries()) {
    await t.test(name, async () => {
      const id = `limit-${index}`;
      await framework.launch(await framework.roomyOffer(), [
        { task_id: { value: id }, command: { shell: true, ...command } },
      ]);
      await eventually('its end', () => isTerminal(framework.statesOf(id).at(-1)));
      const { state, message = '' } = framework.statusesOf(id).at(-1) ?? {};
      const text =
        state === 'TASK_FINISHED'
          ? readFileSync(path.join(sandbox(cluster, framework, id), 'stdout'), 'utf8')
          : message;
      assert.match(text.slice(0, 1000), says);
      assert.ok(message.length < 2000, 'a message for people');
      assert.equal(state, ends);
    });
  }
});

const sandbox = ({ directory }: Cluster, { info }: Framework, executor: string) =>
  path.join(
    directory,
    'agent-1',
    'slaves',
    'latest',
    'frameworks',
    info.id?.value ?? '',
    'executors',
    executor,
    'runs',
    'latest',
  );
