import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Explanation, explanationText } from '../explanation-text.ts';
import { readTaskSize } from './framework-why.ts';

const sizes: readonly { name: string; options?: object; words?: string[]; expected: object | RegExp }[] = [
  { name: 'none', expected: {} },
  { name: 'options', options: { cpus: '0.5', mem: '1GB' }, expected: { cpus: '0.5', mem: '1024' } },
  {
    name: 'words',
    words: ['cpus:2;mem:512', 'licenses:3'],
    expected: { cpus: '2', mem: '512', resources: 'licenses:3' },
  },
  { name: 'both', options: { gpus: '1' }, words: ['disk:10'], expected: { gpus: '1', disk: '10' } },
  { name: 'the same twice', options: { cpus: '1' }, words: ['cpus:2'], expected: /cpus is given twice/ },
  { name: 'no number', options: { cpus: 'two' }, expected: /--cpus takes a number above zero.*'two'/ },
  { name: 'zero', options: { mem: '0' }, expected: /--mem takes a size above zero/ },
  { name: 'ranges', words: ['ports:[1-2]'], expected: /ports is none/ },
  { name: 'another word', words: ['nonsense'], expected: /cpus:2;mem:512/ },
];
for (const { name, options = {}, words = [], expected } of sizes) {
  test(`a size: ${name}`, () => {
    if (expected instanceof RegExp) assert.throws(() => readTaskSize(options, words), { message: expected });
    else assert.deepEqual(readTaskSize(options, words), expected);
  });
}

const answer: Explanation = {
  ...{ framework_id: 'f-1', framework_name: 'cron\u001b[2J', size: { cpus: 2 }, agents: 5 },
  roles: [
    {
      ...{ role: 'web', agents: 5, offerable: 1 },
      groups: [
        {
          ...{ blocks: true, text: 'Too little is free.', advice: 'Wait.', agents: 4, only: 3 },
          causes: [{ text: "framework 'x' (f-2)", agents: 4 }],
          examples: [{ agent_id: 'S0', hostname: 'web1', text: 'Short by cpus:1.' }],
        },
      ],
    },
  ],
};

test('an explanation, as people read it', () => {
  assert.equal(
    explanationText(answer),
    `cron\ufffd[2J (f-1), role web, offers with cpus:2:
1 of 5 agents can be offered by the next allocation.

4 agents: Too little is free. On 3 agents, nothing else is in the way.
  What to do: Wait.
  Most often: framework 'x' (f-2) on 4 agents.
  web1 (S0): Short by cpus:1.
  … and 3 more agents
`,
  );
  const narrow = explanationText(answer, 40);
  assert.ok(
    narrow.split('\n').every(line => line.length <= 40),
    narrow,
  );
});

test('a cluster without agents', () => {
  assert.equal(explanationText({ ...answer, agents: 0 }), 'No agent is known that could be offered.\n');
});

test('a framework without roles is offered nothing', () => {
  assert.equal(
    explanationText({ ...answer, framework_name: 'cron', roles: [] }),
    'cron (f-1) has no role that you may see, and without a role it is offered nothing.\n',
  );
});
