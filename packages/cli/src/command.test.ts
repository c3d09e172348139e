import assert from 'node:assert/strict';
import { test } from 'node:test';
import { command, helpOf, twoColumns, UsageError } from './command.ts';
import { commands } from './commands.ts';

const example = command({
  name: 'example',
  summary: 'Show it',
  arguments: 'THING',
  options: {
    size: { type: 'string', short: 's', value: 'N', help: 'How large' },
    all: { type: 'boolean', help: 'Everything' },
  },
  run: async ({ size, all }, words) => (size === '3' && all === true && words[0] === 'x' ? 0 : 1),
});

test('options and words reach the command', async () => {
  assert.equal(await example.run(['-s', '3', 'x', '--all']), 0);
});

const wordless = command({ name: 'wordless', summary: 'Show it', options: {}, run: async () => 0 });

test('refuses words where there are none', () => assert.throws(() => wordless.run(['word']), UsageError));

for (const argv of [['--nope'], ['--size'], ['--all=1']]) {
  test(`refuses ${argv.join(' ')}`, () => assert.throws(() => example.run(argv), UsageError));
}

test('help names every option', () => {
  const text = helpOf(example);
  assert.match(text, /-s, --size N {2}How large/);
  assert.match(text, /Usage: meseta example \[OPTION …\] THING/);
});

test('help fits the terminal', async () => {
  for (const { load, ownFlags } of commands) {
    if (ownFlags) continue; // prints the table of its flags
    const wide = helpOf(await load(), 80)
      .split('\n')
      .filter(line => line.length > 80 && !line.startsWith('Usage: ') && !line.startsWith('  meseta '));
    assert.deepEqual(wide, []);
  }
});

test('an option that is too long for its column is on a line of its own', () => {
  const rows = [
    ['  -a', 'all of them'],
    [`  --${'x'.repeat(40)}`, 'short'],
  ] as const;
  assert.equal(twoColumns(rows, 22), `  -a  all of them\n  --${'x'.repeat(40)}\n      short\n`);
});

test('every command of the table loads under its own name', async () => {
  for (const entry of commands) assert.equal((await entry.load()).name, entry.name);
});

const wrapper = command({
  ...example,
  takesCommand: true,
  run: async (_, words) => words.length,
});

const lines: [argv: string[], words: number | 'refused'][] = [
  [['ls -l', '--all'], 1],
  [['--all', '--', 'ls', '-l', '-s'], 3],
  [['ls', '-l'], 'refused'],
  [['ls', '-s', '3'], 'refused'],
  [['ls', '--color'], 'refused'],
];
for (const [argv, expected] of lines) {
  test(`options of a wrapped command: ${argv.join(' ')}`, async () => {
    if (expected === 'refused') assert.throws(() => wrapper.run(argv), UsageError);
    else assert.equal(await wrapper.run(argv), expected);
  });
}
