/** What takes too long at an agent. All else of `network/cni` is tested there, with containers. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkId } from '@meseta/protocol';
import { findMarkedProcesses } from '@meseta/system';
import { eventually, testInOwnNetwork } from '@meseta/system/testing';
import { silentLogger } from '@meseta/telemetry/testing';
import { networkCni } from './cni.ts';

const test = testInOwnNetwork(import.meta.url);

test('a plugin that takes too long is killed with all that it started', async t => {
  const directory = await mkdtemp(join(tmpdir(), 'meseta-cni-'));
  const process = spawn('unshare', ['--net', 'sleep', '1000'], { stdio: 'ignore' });
  t.after(async () => {
    process.kill('SIGKILL');
    await rm(directory, { recursive: true });
  });
  await once(process, 'spawn');
  const pid = process.pid ?? assert.fail();
  const own = await readlink('/proc/self/ns/net');
  await eventually('the namespace', async () => (await readlink(`/proc/${pid}/ns/net`)) !== own);

  const [configs, plugins, runtime_dir] = ['configs', 'plugins', 'run'].map(name => join(directory, name));
  for (const each of [configs, plugins, runtime_dir]) await mkdir(each ?? assert.fail());
  const plugin = join(plugins ?? '', 'slow');
  const hang = '(setsid sleep 1000) & echo waiting >&2; sleep 1000';
  await writeFile(
    plugin,
    `#!/bin/sh\necho $CNI_COMMAND >>${directory}/calls\n[ $CNI_COMMAND = DEL ] || { ${hang}; }\n`,
  );
  await chmod(plugin, 0o755);
  await writeFile(join(configs ?? '', 'net.conf'), JSON.stringify({ name: 'net', type: 'slow' }));

  const isolator = await networkCni({
    flags: {
      ...{ work_dir: '', runtime_dir: runtime_dir ?? '' },
      ...{ network_cni_config_dir: configs, network_cni_plugins_dir: plugins },
    },
    log: silentLogger(),
    pluginTimeoutMs: 3000,
  });
  const id = { value: checkId<'container'>('slow-container') };
  const container_info = { type: 'MESOS' as const, network_infos: [{ name: 'net' }] };
  await isolator.prepare?.(id, { directory, command_info: {}, container_info });
  await assert.rejects(isolator.isolate?.(id, pid) ?? assert.fail(), {
    code: 'CNI_PLUGIN',
    message: `CNI plugin 'slow' could not attach container slow-container (ADD, network 'net', eth0): it did not end within 3 seconds and was killed; it wrote 'waiting'. Find out what ${plugin} waits for`,
  });
  const marker = { name: 'CNI_CONTAINERID', value: 'slow-container' };
  assert.deepEqual(await findMarkedProcesses({ marker, first: { pid: 0, start: 0 }, ownsSession: false }), []);
  await isolator.cleanup?.(id);
  await isolator.cleanup?.(id);
  assert.equal(await readFile(join(directory, 'calls'), 'utf8'), 'ADD\nDEL\n');
  assert.deepEqual(await readdir(join(runtime_dir ?? '', 'isolators/network/cni')), []);
  await isolator.close?.();
});
