/**
 * Every code block of the guides can be tried; `guides/` runs the commands, a file for each guide. How a fence says how to try its block: `support/guides/blocks.ts`.
 */

import assert from 'node:assert/strict';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { isShell, readBlocks, readConsole } from './support/guides/blocks.ts';
import { checkTypes } from './support/guides/types.ts';

const root = path.resolve(import.meta.dirname, '..');
const guides = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: root }).sort()];
const blocks = new Map(guides.map(guide => [guide, readBlocks(guide, root)]));
const everyBlock = [...blocks.values()].flat();

/** Blocks that cannot be tried: a reader has to be able to trust nearly everything. */
const mostNotRun = 7;

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
      const directory = path.dirname(file);
      const users = own.filter(
        ({ text }) => text.includes(name) || (path.isAbsolute(directory) && text.includes(`=${directory} `)),
      );
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

test('every guide with commands has a test that runs them', () => {
  for (const [guide, own] of blocks) {
    if (!own.some(isShell)) continue;
    const file = path.join(import.meta.dirname, 'guides', `${path.basename(guide, '.md').toLowerCase()}.test.ts`);
    assert.match(readFileSync(file, 'utf8'), new RegExp(`tryGuide\\('${guide}'[,)]`), `${file} runs ${guide}`);
  }
});
