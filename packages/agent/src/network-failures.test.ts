/** Plugins that fail: the status of the task says how, the container is detached once, and nothing is left. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, testInOwnNetwork } from '@meseta/system/testing';
import { addresses, NetworkBench, networkPackages } from './testing/networks.ts';
import { startTestAgent } from './testing/test-agent.ts';

const test = testInOwnNetwork(import.meta.url, networkPackages);
const failing: [how: string, body: string, message: RegExp][] = [
  [
    'an error of the specification',
    `echo '{"cniVersion": "1.0.0", "code": 7, "msg": "no such bridge", "details": "br7"}'; exit 1`,
    /could not attach container \S+ \(ADD, network 'net', eth0\): no such bridge: br7 \(error 7\)\. Check the network's configuration, \S+net\.conf/,
  ],
  ['an error to try again', `echo '{"code": 11, "msg": "busy"}'; exit 1`, /busy \(error 11\)\. Start the task again/],
  ['no JSON', 'echo garbage', /it answered with 'garbage', which is not JSON/],
  ['no address', `echo '{"ips": [{"address": "here"}]}'`, /its result has an address that is none: "here"/],
  ['a status and words', 'echo oops >&2; exit 3', /it exited with status 3; it wrote 'oops'/],
  ['a crash', 'kill -SEGV $$', /it was killed by SIGSEGV/],
];
test('a plugin that fails is named in the status of the task, and is asked to detach once', async t => {
  const bench = await NetworkBench.withPlugin(t, addresses);
  const agent = await startTestAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => agent.shutdown());
  for (const [index, [how, body, message]] of failing.entries()) {
    const before = (await bench.calls()).length;
    await bench.writePlugin('fake', `[ $CNI_COMMAND = DEL ] && exit 0; ${body}`);
    bench.command(`task-${index}`, 'true', [{ name: 'net' }]);
    const { status } = await bench.at.master.until(`task-${index}`, 'TASK_FAILED');
    assert.match(status.message ?? '', message, how);
    assert.match(status.message ?? '', /CNI plugin 'fake' could not attach container /);
    await bench.untilNothingIsLeft();
    assert.deepEqual((await bench.calls()).slice(before), ['ADD', 'DEL'], how);
  }
  await rm(join(bench.plugins, 'fake'));
  bench.command('removed', 'true', [{ name: 'net' }]);
  const { status } = await bench.at.master.until('removed', 'TASK_FAILED');
  assert.match(status.message ?? '', /Unknown CNI network 'net': .* 'type' is 'fake', and there is no such program/);
});

test('a container that was attached in part is detached', async t => {
  const bench = await NetworkBench.make(t);
  await bench.writePlugin('fake', '[ $CNI_COMMAND = DEL ] || exit 1');
  await bench.writeBridge('whole', 1);
  await bench.writeBridge('part', 2, [{ type: 'fake' }]);
  const agent = await startTestAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => agent.shutdown());
  bench.command('task', 'true', [{ name: 'whole' }, { name: 'part' }]);
  const { status } = await bench.at.master.until('task', 'TASK_FAILED');
  assert.match(
    status.message ?? '',
    /plugin 'fake' could not attach .* network 'part', eth1\): it exited with status 1/,
  );
  await bench.untilNothingIsLeft();
  assert.deepEqual(await bench.calls(), ['ADD', 'DEL']);
});

test('a task that is killed does not wait for a plugin that hangs', async t => {
  const hanging = 'if [ $CNI_COMMAND = ADD ]; then setsid sleep 1000 & exec sleep 1000; fi';
  const bench = await NetworkBench.withPlugin(t, hanging);
  const agent = await startTestAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => agent.shutdown());
  bench.command('task', 'true', [{ name: 'net' }]);
  await eventually('the call', async () => (await bench.calls()).includes('ADD'));
  bench.kill('task');
  await eventually('the end of the task', () =>
    bench.at.master.states('task').some(state => /KILLED|FAILED/.test(state)),
  );
  await bench.untilNothingIsLeft();
  assert.deepEqual(await bench.calls(), ['ADD', 'DEL']);
  assert.deepEqual(await bench.pluginProcesses(), []);
});
