/** Each case is a process of its own: flags of V8 are for all of a process. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { smallYoungGeneration } from './young-generation.ts';

/** More than two semi-spaces of 4 MiB take, together with what is being freed. */
const grownMiB = 24;

/**
 * Keeps objects for a while, and prints whether V8 has let the young generation grow meanwhile: before it was released, and
 * after it. Compiled code is usable as long as its tag is the same.
 */
const script = `
import v8 from 'node:v8';
const { YoungGeneration } = await import('./young-generation.ts');
const young = new YoungGeneration();
function grows(objects) {
  let kept = [];
  for (let i = 0; i < objects; i++) {
    kept.push({ i, list: [i] });
    if (kept.length > 200_000) kept = [];
    if (i % 10_000 !== 0) continue;
    const { space_size } = v8.getHeapSpaceStatistics().find(space => space.space_name === 'new_space');
    if (space_size >= ${grownMiB} * 1024 * 1024) return true;
  }
  return false;
}
young.hold(process.execArgv);
const tags = new Set([v8.cachedDataVersionTag()]);
const beforehand = grows(Number(process.argv[1]));
young.release();
const released = grows(20_000_000);
young.asStarted(() => tags.add(v8.cachedDataVersionTag()));
process.on('exit', () => {
  tags.add(v8.cachedDataVersionTag());
  console.log(JSON.stringify({ beforehand, released, tags: tags.size }));
});
`;

/** @param objects how many it keeps, one after another, before it is released. */
function result(flags: readonly string[], objects: number): unknown {
  const argv = [
    ...flags,
    '--disable-warning=ExperimentalWarning',
    '--input-type=module',
    '--eval',
    script,
    `${objects}`,
  ];
  return JSON.parse(execFileSync(process.execPath, argv, { cwd: import.meta.dirname, encoding: 'utf8' }));
}

test('the young generation grows only when it is released; compiled code that is stored meanwhile stays usable', () => {
  assert.deepEqual(result(smallYoungGeneration, 3_000_000), { beforehand: false, released: true, tags: 1 });
});

test('a young generation whose size an operator chose is not held', () => {
  assert.deepEqual(result(['--max-semi-space-size=32'], 20_000_000), { beforehand: true, released: true, tags: 1 });
});
