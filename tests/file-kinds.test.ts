/** Something else in the place of a file that a daemon reads at its start is told, and never waited for. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { Meseta } from './support/meseta.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'kinds-'));
after(() => rmSync(directory, { recursive: true }));

for (const file of [
  'ports.json',
  'master/registry.db',
  'master/registry.db-wal',
  'agent-1/work/agent.lock',
  'agent-1/run/agent.lock',
  'agent-1/work/meta/boot_id',
  'agent-1/work/meta/resources/resources_and_operations.state',
]) {
  test(`a FIFO in place of ${file}`, async t => {
    const work = mkdtempSync(path.join(directory, 'work-'));
    const fifo = path.join(work, file);
    mkdirSync(path.dirname(fifo), { recursive: true });
    execFileSync('mkfifo', [fifo]);
    const run = new Meseta(['local', '--port=0', '--work-dir', work]);
    t.after(() => run.kill());
    const { code, stderr } = await run.finished;
    assert.equal(code, 1);
    const said = stderr.replace(/^meseta local: still waiting .*\n/gm, ''); // by a busy machine
    assert.equal(said, `meseta local: '${fifo}' is a FIFO, not a regular file: move it away\n`);
  });
}
