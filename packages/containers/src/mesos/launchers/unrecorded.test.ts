/**
 * The runtime directory is removed while containers run: the next launcher takes them over from their shims. Records are damaged: it
 * ends the containers.
 */
import assert from 'node:assert/strict';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Harness, id, launchers } from './testing/harness.ts';

const untilGo = 'until [ -e go ]; do sleep 0.05; done';

for (const { name, make, need = {} } of launchers) {
  test(
    `${name}: containers without a record are found, end with their status, and can be ended`,
    need,
    async context => {
      const harness = await Harness.make(context, make);
      const first = harness.launcher();
      const { pid } = await first.launch(id('ends'), harness.shell(`${untilGo}; sleep 1000 & exit 6`));
      await first.launch(id('killed'), harness.shell('sleep 1000 & while :; do sleep 1000; done'));
      await first.close();
      await rm(harness.runtimeDirectory, { recursive: true });

      const next = harness.launcher();
      const found = await next.recover();
      assert.deepEqual([...found.keys()].sort(), [id('ends'), id('killed')].sort());
      assert.deepEqual(found.get(id('ends')), { pid, running: true });
      assert.match(harness.warnings.join('\n'), new RegExp(`record of container ${id('killed')} was removed`));
      await next.remove(id('killed'));
      await writeFile(join(harness.directory, 'go'), '');
      assert.deepEqual(await next.wait(id('ends')), { kind: 'exited', code: 6 });
      await next.remove(id('ends'));
      await eventually('no process', async () => (await harness.processes()).length === 0);
      await next.close();
      assert.equal((await harness.launcher().recover()).size, 0);
    },
  );
}

for (const { name, make, need = {} } of launchers) {
  test(`${name}: a container whose record is damaged is ended, and its status is unknown`, need, async context => {
    const harness = await Harness.make(context, make);
    const first = harness.launcher();
    await first.launch(id('damaged'), harness.shell('sleep 1000 & while :; do sleep 1000; done'));
    await first.launch(id('whole'), harness.shell(`${untilGo}; exit 6`));
    await first.close();
    const record = join(harness.runtimeDirectory, 'launcher', id('damaged'));
    await truncate(record, (await readFile(record, 'utf8')).indexOf('\n'));

    const next = harness.launcher();
    assert.deepEqual([...(await next.recover()).keys()].sort(), [id('damaged'), id('whole')].sort());
    assert.match(harness.warnings.join('\n'), new RegExp(`record of container ${id('damaged')} is damaged`));
    assert.deepEqual(await next.wait(id('damaged')), { kind: 'unknown' });
    await next.remove(id('damaged'));
    await writeFile(join(harness.directory, 'go'), '');
    assert.deepEqual(await next.wait(id('whole')), { kind: 'exited', code: 6 });
    await next.remove(id('whole'));
    await eventually('no process', async () => (await harness.processes()).length === 0);
    await next.close();
    assert.equal((await harness.launcher().recover()).size, 0);
  });
}
