import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkId } from '@meseta/protocol';
import type { ContainerId } from './container-id.ts';
import { makeSandbox, nestedSandbox, openSandbox } from './sandboxes.ts';

const [root, outer, inner] = ['root', 'outer', 'inner'].map(name => checkId<'container'>(name));
const id: ContainerId = { value: inner!, parent: { value: outer!, parent: { value: root! } } };

/** Makes the sandboxes of two nested containers. @returns the outermost one, and a directory elsewhere that has the same names. */
async function scene(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'meseta-sandboxes-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const [sandbox, elsewhere] = [join(directory, 'sandbox'), join(directory, 'elsewhere')];
  for (const each of [sandbox, elsewhere]) {
    mkdirSync(each);
    await makeSandbox(each, 'outer', undefined);
    await makeSandbox(nestedSandbox(each, id.parent!), 'inner', undefined);
  }
  return { sandbox, elsewhere };
}

test('the sandbox of a nested container is opened through no link', async t => {
  const { sandbox, elsewhere } = await scene(t);
  for (const part of [
    'containers',
    'containers/outer',
    'containers/outer/containers',
    'containers/outer/containers/inner',
  ]) {
    const path = join(sandbox, part);
    renameSync(path, `${path}-moved`);
    symlinkSync(join(elsewhere, part), path);
    await assert.rejects(openSandbox(nestedSandbox(sandbox, id), id, undefined), { code: 'ENOTDIR' }, part);
    rmSync(path);
    renameSync(`${path}-moved`, path);
  }
});

test('its path leads there while it is open, whatever is renamed', async t => {
  const { sandbox, elsewhere } = await scene(t);
  const path = nestedSandbox(sandbox, id);
  const opened = await openSandbox(path, id, undefined);
  renameSync(join(sandbox, 'containers'), join(sandbox, 'moved'));
  symlinkSync(join(elsewhere, 'containers'), join(sandbox, 'containers'));
  writeFileSync(join(opened.path, 'stdout'), 'here');
  await opened.close();
  assert.equal(readFileSync(join(sandbox, 'moved/outer/containers/inner/stdout'), 'utf8'), 'here');
  assert.equal(readFileSync(join(path, 'stdout'), 'utf8'), '');
});
