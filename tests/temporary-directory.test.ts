/** Temporary directories are made where no other user can put another one in their place, or not at all. */

import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { needs } from '@meseta/system/testing';
import { Meseta } from './support/meseta.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'temporary-'));
after(() => rmSync(directory, { recursive: true }));

const hook = path.join(directory, 'hook.mjs');
writeFileSync(hook, 'export default () => ({});');
const modules = JSON.stringify({ libraries: [{ file: hook, modules: [{ name: 'hook' }] }] });
const master = ['master', '--registry=in_memory', '--ip=127.0.0.1', '--port=0', `--modules=${modules}`, '--hooks=hook'];

const commands: { name: string; argv: string[] }[] = [
  { name: 'run', argv: ['run', 'true'] },
  { name: 'run --local', argv: ['run', '--local', 'true'] },
  { name: 'run -i', argv: ['run', '-i', '--master', '127.0.0.1:1', 'cat'] },
  { name: 'local', argv: ['local', '--port', '0'] },
  { name: 'a master with hooks', argv: master },
];

const parents: { name: string; make: (parent: string) => void; says: RegExp; need?: ReturnType<typeof needs.root> }[] =
  [
    {
      name: 'another user owns',
      make: parent => chownSync(parent, 1, 1),
      says: /belongs to the user with id 1, who could put another directory in its place/,
      need: needs.root('it is made as another user'),
    },
    {
      name: 'all may rename entries of',
      make: parent => chmodSync(parent, 0o777),
      says: /may be written to by others \(mode 0777\), who could put another directory in its place/,
    },
  ];

for (const { name, make, says, need } of parents) {
  for (const command of commands) {
    test(`${command.name} makes nothing in a temporary directory that ${name}`, need ?? {}, async () => {
      const parent = mkdtempSync(path.join(directory, 'parent-'));
      make(parent);
      const { code, stdout, stderr } = await new Meseta(command.argv, { env: { TMPDIR: parent } }).finished;
      assert.equal(code, 1);
      assert.match(stdout + stderr, says);
      assert.ok((stdout + stderr).includes(`Cannot make a temporary directory in '${parent}' (see TMPDIR)`));
      assert.deepEqual(readdirSync(parent), []);
    });
  }
}

test(
  'a master with hooks and a registry in memory refuses a work directory of another user',
  needs.root('it is made as another user'),
  async () => {
    const work = path.join(directory, 'work');
    mkdirSync(work);
    chownSync(work, 1, 1);
    const { code, stdout, stderr } = await new Meseta([...master, `--work_dir=${work}`]).finished;
    assert.equal(code, 1);
    assert.match(stdout + stderr, /Cannot use --work_dir '\S+\/work': it belongs to the user with id 1/);
    assert.deepEqual(readdirSync(work), []);
  },
);
