/** Layers of random entries, whose names and targets are chosen to lead out: nothing outside ever changes. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '@meseta/system/testing';
import fc from 'fast-check';
import { CopyTree } from '../backends/copy-tree.ts';
import { removeTree } from '../remove-tree.ts';
import { type Entry, tar } from '../testing/tar.ts';
import { ByteInput } from './byte-input.ts';
import { LayerError } from './layer-error.ts';
import type { LayerRecord } from './layer-record.ts';
import { LayerWriter } from './layer-writer.ts';
import { readTar } from './tar-reader.ts';

const limits = { entries: 100, bytes: 100_000 };

/** Entries with few names, so that they meet each other; `victim` stands for a directory outside. */
const entries = (victim: string) => {
  const parts = ['a', 'b', 'l', '..', '.', '.wh.a', '.wh..wh..opq', ''];
  const relative = fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 4 }).map(each => each.join('/'));
  const path = fc.oneof({ weight: 9, arbitrary: relative }, fc.constantFrom(victim, `${victim}/kept`));
  const entry = fc.record({
    name: path,
    target: path,
    type: fc.constantFrom('0', '0', '1', '2', '2', '5', '5', '6'),
    mode: fc.constantFrom(0o644, 0o755, 0),
  });
  const withContents = entry.map((each): Entry => (each.type === '0' ? { ...each, contents: 'changed' } : each));
  return fc.array(withContents, { minLength: 1, maxLength: 12 });
};

/** Writes a layer as far as it goes. @returns its record; undefined when it was refused. */
async function write(root: string, layer: readonly Entry[]): Promise<LayerRecord | undefined> {
  const writer = new LayerWriter(root, limits);
  try {
    for await (const entry of readTar(new ByteInput(chunks(tar(...layer))))) await writer.write(entry);
    return writer.finish(false);
  } catch (error) {
    const isOfSystem = typeof (error as NodeJS.ErrnoException).errno === 'number';
    assert.ok(error instanceof LayerError || isOfSystem, String((error as Error).stack));
    return undefined;
  }
}

async function* chunks(archive: Buffer): AsyncGenerator<Buffer, void, void> {
  for (let at = 0; at < archive.length; at += 700) yield archive.subarray(at, at + 700);
}

const root = needs.root('layers have files that their owner may not read');

test('nothing is written outside of a layer, nor outside of a copy of two layers', root, async t => {
  const scratch = mkdtempSync(join(tmpdir(), 'random-'));
  t.after(() => removeTree(scratch));
  const victim = join(scratch, 'victim');
  mkdirSync(victim);
  writeFileSync(join(victim, 'kept'), 'x');
  const seen = () =>
    execFileSync('find', ['.', '-maxdepth', '2', '-printf', '%P %y %m %s %T@\n'], { cwd: victim, encoding: 'utf8' });
  const before = seen();
  let run = 0;
  let complete = 0;
  await fc.assert(
    fc.asyncProperty(entries(victim), entries(victim), async (lower, upper) => {
      const work = join(scratch, String(run++));
      const roots = ['lower', 'upper', 'target'].map(name => join(work, name));
      for (const root of roots) mkdirSync(root, { recursive: true });
      const [first = '', second = '', target = ''] = roots;
      const records = [await write(first, lower), await write(second, upper)];
      const tree = new CopyTree(target);
      for (const [index, record] of records.entries()) if (record) tree.add(roots[index] ?? '', record);
      tree.finish();
      complete += records.filter(Boolean).length;
      assert.equal(seen(), before);
      assert.deepEqual(execFileSync('ls', [work], { encoding: 'utf8' }), 'lower\ntarget\nupper\n');
    }),
    { numRuns: 150 },
  );
  t.diagnostic(`${complete} layers of ${2 * run} were complete`);
  assert.ok(complete > 0, 'not all are refused'); // how many is chance
});
