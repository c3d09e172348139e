import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, testInOwnNetwork } from '@meseta/system/testing';
import { runPlugin } from './plugin-process.ts';

// Among few processes, those of a container are found at once.
const test = testInOwnNetwork(import.meta.url);

test('a run that is stopped leaves nothing that harms the next one of the container', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'meseta-plugin-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const program = join(directory, 'plugin');
  const script = `#!/bin/sh
    [ $CNI_COMMAND = DEL ] && { sleep 0.3; exit; }
    setsid sleep 1000 & touch ${directory}/runs; sleep 1000\n`;
  writeFileSync(program, script);
  chmodSync(program, 0o755);
  const run = {
    ...{ program, containerId: `stopped-${process.pid}`, namespace: undefined, ifName: 'eth0' },
    ...{ directories: [directory], config: {} },
  };
  for (let round = 0; round < 5; round++) {
    rmSync(join(directory, 'runs'), { force: true });
    const stop = new AbortController();
    const stopped = runPlugin({ ...run, command: 'CHECK' }, stop.signal);
    await eventually('the plugin', () => existsSync(join(directory, 'runs')));
    stop.abort();
    assert.equal((await stopped).signal, 'SIGKILL');
    const next = await runPlugin({ ...run, command: 'DEL' }, new AbortController().signal);
    assert.deepEqual([next.code, next.signal], [0, undefined]);
  }
});
