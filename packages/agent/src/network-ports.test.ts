/** The isolator network/ports: containers that listen on ports which they do not have are ended. */
import assert from 'node:assert/strict';
import type { Resource } from '@meseta/protocol';
import { testInOwnNetwork } from '@meseta/system/testing';
import { NetworkBench, networkPackages } from './testing/networks.ts';
import { bench, kill, spawnAgent, startTestAgent } from './testing/test-agent.ts';

const test = testInOwnNetwork(import.meta.url, networkPackages);
const flags = ['--isolation=network/ports', '--container_ports_watch_interval=100ms'];
const scalar = (name: string, value: number): Resource => ({ name, type: 'SCALAR', scalar: { value } });
const ports = (begin: number, end: number): Resource => ({
  ...{ name: 'ports', type: 'RANGES', ranges: { range: [{ begin, end }] }, allocation_info: { role: '*' } },
});
const resources = [scalar('cpus', 0.1), scalar('mem', 32), ports(31000, 31001)];
const listening = (...numbers: number[]) => `${numbers.map(port => `python3 -m http.server ${port} &`).join(' ')} wait`;

test('a container that listens on a port of others is ended, and its status has the port', async t => {
  const at = await NetworkBench.make(t);
  await at.writeBridge('web', 1);
  const agent = await startTestAgent(at.at, ...at.flags(...flags, '--enforce_container_ports'));
  at.at.onEnd(() => agent.shutdown());
  at.command('own', listening(31000, 31001), [], { resources });
  at.command('networked', listening(80, 31000), [{ name: 'web' }], { resources });
  at.command('wrong', `exec 2>/dev/null; ${listening(8081, 8080, 31005)}`, [], { resources });
  const { status } = await at.at.master.until('wrong', 'TASK_FAILED');
  assert.equal(status.reason, 'REASON_CONTAINER_LIMITATION');
  assert.match(status.message ?? '', /is listening on unallocated port\(s\): \[(8080|8081|31005)-/);
  assert.equal(status.limitation?.resources?.[0]?.name, 'ports');
  for (const id of ['own', 'networked']) {
    await at.at.master.until(id, 'TASK_RUNNING');
    assert.equal(at.at.master.states(id).at(-1), 'TASK_RUNNING', id);
  }
});

test('without the switch, and outside of the ports that are looked at, containers go on', async t => {
  const at = await NetworkBench.make(t);
  const cases: [flags: string[], wrong: number | undefined][] = [
    [['--no-enforce_container_ports'], undefined],
    [['--enforce_container_ports', '--check_agent_port_range_only'], 31005],
    [['--enforce_container_ports', '--container_ports_isolated_range=[0-8079, 8081-9000]'], 8082],
  ];
  for (const [index, [more, wrong]] of cases.entries()) {
    const agent = await startTestAgent(at.at, ...at.flags(...flags, ...more));
    at.command(`fine-${index}`, listening(8080), [], { resources });
    await at.at.master.until(`fine-${index}`, 'TASK_RUNNING');
    if (wrong !== undefined) {
      at.command(`wrong-${index}`, listening(wrong), [], { resources });
      await at.at.master.until(`wrong-${index}`, 'TASK_FAILED');
    }
    assert.equal(at.at.master.states(`fine-${index}`).at(-1), 'TASK_RUNNING');
    await agent.shutdown();
  }
});

test('the next agent knows which ports a container has', async t => {
  const at = await NetworkBench.make(t);
  const all = at.flags(...flags, '--enforce_container_ports');
  const first = spawnAgent(at.at, ...all);
  at.at.onEnd(() => kill(first, 'SIGKILL'));
  await at.at.master.untilAgent();
  const file = `${at.at.directory}/go`;
  const later = `until [ -e ${file} ]; do sleep 0.05; done`;
  at.command('own', `${later}; ${listening(31000)}`, [], { resources });
  at.command('wrong', `${later}; ${listening(8080)}`, [], { resources });
  for (const id of ['own', 'wrong']) await at.at.master.until(id, 'TASK_RUNNING');
  await kill(first, 'SIGKILL');
  const agent = await startTestAgent(at.at, ...all);
  at.at.onEnd(() => agent.shutdown());
  await agent.context.disk.perform([{ type: 'touch', path: file }]);
  await at.at.master.until('wrong', 'TASK_FAILED');
  assert.equal(at.at.master.states('own').at(-1), 'TASK_RUNNING');
});

test('an agent does not start when the flags contradict each other', async t => {
  const at = await bench(t);
  const wrong: [string, RegExp][] = [
    ['--container_ports_isolated_range=[1-2', /must be ranges of ports, such as \[0-35000\]/],
    ['--container_ports_isolated_range=[9-2]', /must be ranges of ports/],
  ];
  for (const [flag, message] of wrong) {
    await assert.rejects(startTestAgent(at, '--isolation=network/ports', flag), message);
  }
  const both = ['--check_agent_port_range_only', '--container_ports_isolated_range=[1-2]'];
  await assert.rejects(startTestAgent(at, '--isolation=network/ports', ...both), /Give either .* not both/);
});
