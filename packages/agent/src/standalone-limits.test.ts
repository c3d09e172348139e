/** Stand-alone containers with cgroups of their own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs } from '@meseta/system/testing';
import { AgentCalls } from './testing/agent-calls.ts';
import { bench, startTestAgent } from './testing/test-agent.ts';
import { TestCgroups } from './testing/test-cgroups.ts';

const isRoot = needs.root('cgroups are made for containers');
const id = { value: 'alone' };
const resources = [
  { name: 'cpus', type: 'SCALAR', scalar: { value: 0.5 } },
  { name: 'mem', type: 'SCALAR', scalar: { value: 48 } },
] as const;

test(
  'a stand-alone container is ended at its limit, also by the next agent, and its clients are told why',
  isRoot,
  async t => {
    const at = await bench(t);
    const cgroups = new TestCgroups(at);
    const flags = cgroups.flags('cgroups/cpu,cgroups/mem');
    const first = await startTestAgent(at, ...flags);
    const go = `${at.directory}/go`;
    const command = `while [ ! -e ${go} ]; do sleep 0.02; done; x=a; while true; do x=$x$x; done`;
    const early = new AgentCalls(`http://127.0.0.1:${first.port}`);
    assert.equal((await early.launch(id, command, { resources: [...resources] })).status, 200);
    assert.equal(Number(cgroups.read('memory', 'memory.limit_in_bytes', 'alone')), 48 * 1024 * 1024);
    await first.stop();
    const agent = await startTestAgent(at, ...flags);
    at.onEnd(() => agent.shutdown());
    const calls = new AgentCalls(`http://127.0.0.1:${agent.port}`);
    const waiting = calls.wait(id);
    assert.equal((await calls.launch({ value: 'go', parent: id }, `touch ${go}`)).status, 200);
    const { wait_container: ended } = (await waiting).reply ?? {};
    assert.equal(ended?.exit_status, 9);
    assert.equal(ended?.state, 'TASK_FAILED');
    assert.equal(ended?.reason, 'REASON_CONTAINER_LIMITATION_MEMORY');
    assert.match(ended?.message ?? '', /^Memory limit exceeded: Requested: 48MB /);
    assert.deepEqual(ended?.limitation?.resources, [{ name: 'mem', type: 'SCALAR', scalar: { value: 48 } }]);
    assert.equal((await calls.remove(id)).status, 200);
    assert.deepEqual(cgroups.groups('memory'), []);
  },
);
