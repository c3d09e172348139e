/** Every code block of the guides does what it says. How a fence says how to try its block: `support/guides/blocks.ts`. */

import assert from 'node:assert/strict';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { all, type Need, needs } from '@meseta/process/testing';
import { type Block, outputPattern, readBlocks, readConsole } from './support/guides/blocks.ts';
import { ownMachine, runStory } from './support/guides/story.ts';
import { checkTypes } from './support/guides/types.ts';

const root = path.resolve(import.meta.dirname, '..');
const guides = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: root }).sort()];
const blocks = new Map(guides.map(guide => [guide, readBlocks(guide, root)]));
const everyBlock = [...blocks.values()].flat();

/** Programs that guides use and that a machine may lack: they are in `.ci/packages`, Consul is in `scripts`. */
const programs = ['consul', 'curl', 'jq', 'python3'];

const programsOf = (steps: readonly Block[]): Need[] =>
  programs
    .filter(name => steps.some(block => isShell(block) && new RegExp(`(^|[|;&$( ])${name} `, 'm').test(block.text)))
    .map(name => needs.program(name, 'guides use it'));

/** Blocks that cannot be tried: a reader has to be able to trust nearly everything. */
const mostNotRun = 6;

const isShell = ({ language, notRun }: Block) => /^(sh|console)$/.test(language) && notRun === undefined;

function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'guides-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('every block can be tried, or says why not', () => {
  for (const { place, language, text, notRun, file, as, background, until } of everyBlock) {
    const isKnown = /^(sh|console|ts|js|json|text)$/.test(language);
    assert.ok(isKnown, `${place}: a block of '${language}' is not known here`);
    if (language === 'json') JSON.parse(text);
    if (notRun !== undefined) continue;
    if (language === 'console') readConsole(text);
    assert.ok(!background || until, `${place}: say with until="…" when it is ready`);
    const isUsed = file ?? as ?? (language !== 'json' && language !== 'js');
    assert.ok(isUsed, `${place}: say with file=… where it is written to, or with as=… what message it is`);
  }
  const notRun = everyBlock.filter(({ notRun }) => notRun !== undefined);
  const list = notRun.map(({ place, notRun }) => `${place}: ${notRun}`).join('\n');
  assert.ok(notRun.length <= mostNotRun, `${notRun.length} blocks are not run:\n${list}`);
  if (notRun.length > 0) console.log(`${notRun.length} blocks are not run:\n${list}`);
});

test('what a block writes to a file is used by others', () => {
  for (const [guide, own] of blocks) {
    for (const { place, file } of own) {
      if (file === undefined) continue;
      const name = path.basename(file);
      const users = own.filter(({ text }) => text.includes(name));
      assert.ok(users.length > 0, `${place}: no other block of ${guide} uses ${name}`);
    }
  }
});

test('TypeScript and messages type-check', async t => {
  const typed = everyBlock.filter(
    ({ language, as, notRun }) => notRun === undefined && (language === 'ts' || as !== undefined),
  );
  const problems = await checkTypes(typed, root, temporaryDirectory(t));
  assert.deepEqual(
    [...problems].map(([{ place }, said]) => `${place}: ${said}`),
    [],
  );
});

for (const [guide, own] of blocks) {
  const steps = own.filter(block => block.notRun === undefined && (block.file !== undefined || isShell(block)));
  if (!steps.some(isShell)) continue;
  test(guide, all(ownMachine, ...programsOf(steps)), async t => {
    const outcomes = await runStory(steps, root, temporaryDirectory(t));
    for (const [block, { outputs, failures }] of outcomes) {
      const { place, language, text } = block;
      if (language !== 'console') {
        assert.equal(failures, '', `${place} fails:\n${failures}${outputs.join('')}`);
        continue;
      }
      assert.ok(!failures.startsWith('was not reached'), `${place}: ${failures}`);
      readConsole(text).forEach(({ command, output }, index) => {
        assert.match(outputs[index] ?? '', outputPattern(output), `${place}: $ ${command}`);
      });
    }
  });
}
