/** Networks of nested containers: those of their parent, or their own. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { testInOwnNetwork } from '@meseta/system/testing';
import { type ContainerId, containerKey } from '../container-id.ts';
import { forever } from '../testing/containerizer-bench.ts';
import { PodBench } from '../testing/pod-bench.ts';

const test = testInOwnNetwork(import.meta.url);

/** A pod bench with the networks `one` and `two`, whose plugin only tells an address. */
async function networked(t: TestContext) {
  const at = (directory: string, name: string) => join(directory, name);
  const bench = PodBench.make(t, 'filesystem/linux,namespaces/pid,network/cni', directory => ({
    network_cni_config_dir: at(directory, 'configs'),
    network_cni_plugins_dir: at(directory, 'plugins'),
  }));
  const [configs, plugins, calls] = ['configs', 'plugins', 'calls'].map(name => at(bench.directory, name)) as [
    string,
    string,
    string,
  ];
  for (const each of [configs, plugins]) mkdirSync(each);
  const answer = `[ $CNI_COMMAND = ADD ] && echo '{"cniVersion": "1.0.0", "ips": [{"address": "192.0.2.7/24"}]}'; true`;
  const log = `echo $CNI_COMMAND $CNI_CONTAINERID >>${calls}`;
  writeFileSync(join(plugins, 'tells'), `#!/bin/sh\ncat >/dev/null\n${log}\n${answer}\n`);
  chmodSync(join(plugins, 'tells'), 0o755);
  for (const name of ['one', 'two']) {
    writeFileSync(join(configs, `${name}.conf`), JSON.stringify({ cniVersion: '1.0.0', name, type: 'tells' }));
  }
  await bench.start();
  return { bench, calls: () => readFileSync(calls, 'utf8').trim().split('\n') };
}

const inNetwork = (name: string, hostname?: string) => ({
  ...{ type: 'MESOS' as const, network_infos: [{ name }] },
  ...(hostname !== undefined && { hostname }),
});
const networkOf = ({ containerizer }: PodBench, id: ContainerId) => {
  return ['net', 'uts'].map(kind => readlinkSync(`/proc/${containerizer.pid(id)}/ns/${kind}`));
};

test('a nested container has the network of its parent, and one that names networks has its own', async t => {
  const { bench, calls } = await networked(t);
  const pod = await bench.pod('pod', inNetwork('one', 'podhost'));
  const shares = await bench.task(pod, 'shares', `hostname; tail -1 /etc/hosts; echo $LIBPROCESS_IP; ${forever}`);
  await bench.says(shares, 'podhost\n192.0.2.7 podhost\n0.0.0.0\n');
  assert.deepEqual(networkOf(bench, shares), networkOf(bench, pod));
  const told = async (id: ContainerId) => (await bench.containerizer.status(id)).network_infos?.map(({ name }) => name);
  assert.deepEqual(await told(shares), ['one']);

  const own = await bench.task(pod, 'own', `hostname; cat /etc/hostname; ${forever}`, inNetwork('two'));
  await bench.says(own, `${own.value}\n${own.value}\n`);
  assert.notDeepEqual(networkOf(bench, own), networkOf(bench, pod));
  assert.deepEqual(await told(own), ['two']);
  // Inside of each, a debug container is in the same one.
  const debug = { container_class: 'DEBUG' as const };
  for (const each of [shares, own]) {
    const name = await bench.run(each, 'debug', 'hostname', undefined, debug);
    assert.equal(name, each === own ? `${own.value}\n` : 'podhost\n');
  }
  await assert.rejects(bench.task(pod, 'named', 'true', { type: 'MESOS', hostname: 'other' }), {
    message: /asks for the host name 'other' and shares the network of its parent/,
  });

  await bench.containerizer.close();
  await bench.start();
  assert.equal(await bench.run(pod, 'later', 'hostname'), 'podhost\n');
  assert.deepEqual(await told(own), ['two']);
  await bench.containerizer.remove(own);
  assert.deepEqual(networkOf(bench, shares), networkOf(bench, pod));
  await bench.containerizer.remove(pod);
  const expected = [
    ['ADD', pod],
    ['ADD', own],
    ['DEL', own],
    ['DEL', pod],
  ] as const;
  const done = calls().filter(call => !call.startsWith('CHECK'));
  assert.deepEqual(
    done,
    expected.map(([command, id]) => `${command} ${containerKey(id)}`),
  );
  assert.deepEqual(readdirSync(join(bench.flags.runtime_dir, 'isolators/network/cni')), []);
});

test('in a pod on the network of the machine, one container may have a network of its own', async t => {
  const { bench, calls } = await networked(t);
  const pod = await bench.pod('pod');
  const own = await bench.task(pod, 'own', forever, inNetwork('one'));
  assert.notDeepEqual(networkOf(bench, own), networkOf(bench, pod));
  const other = await bench.task(pod, 'other', forever);
  assert.deepEqual(
    networkOf(bench, other),
    ['net', 'uts'].map(kind => readlinkSync(`/proc/self/ns/${kind}`)),
  );
  assert.equal((await bench.containerizer.status(other)).network_infos, undefined);
  // Nobody knows the pod any more: what is nested in it is detached, too.
  await bench.containerizer.close();
  for (const each of [pod, own, other]) bench.forget(each);
  const { orphans } = await bench.start();
  for (const each of orphans) await bench.containerizer.remove(each);
  assert.deepEqual(
    calls(),
    ['ADD', 'DEL'].map(command => `${command} ${containerKey(own)}`),
  );
});
