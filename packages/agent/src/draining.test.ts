import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DrainSlaveMessage, type TaskInfo } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { agentId } from './testing/scripted-master.ts';
import { type Bench, bench, kill, spawnAgent, startTestAgent } from './testing/test-agent.ts';

const seconds = (value: number) => ({ nanoseconds: value * 1e9 });
const configPath = ({ directory }: Bench) => join(directory, 'work/meta/slaves', agentId, 'drain.config');

// biome-ignore lint/suspicious/noExplicitAny: views are of many shapes
const json = async (answer: Promise<Response>): Promise<any> => (await answer).json();

/** Launches a task that ends by SIGKILL only, and waits until that is so. */
async function runStubborn({ master, directory }: Bench, more: Partial<TaskInfo> = {}): Promise<void> {
  const up = join(directory, 'up');
  master.command('stubborn', `trap '' TERM; echo > ${up}; while :; do sleep 0.02; done`, more);
  await master.until('stubborn', 'TASK_RUNNING');
  await eventually(
    () => 'its trap',
    () => existsSync(up),
  );
}

test('tasks are killed, new ones refused, and nothing is left of it', async t => {
  const at = await bench(t);
  const { master } = at;
  const agent = await startTestAgent(at);
  at.onEnd(() => agent.stop());
  master.command('mild', 'sleep 600');
  await master.until('mild', 'TASK_RUNNING');
  await runStubborn(at, { kill_policy: { grace_period: seconds(600) } });
  const begun = Date.now() / 1000;
  master.send(DrainSlaveMessage, { config: { max_grace_period: seconds(500) } });
  await master.until('mild', 'TASK_KILLING');
  master.command('late', 'sleep 600');
  const late = await master.until('late', 'TASK_DROPPED');
  assert.equal(late.status.reason, 'REASON_AGENT_DRAINING');
  const view = await json(fetch(`http://127.0.0.1:${agent.port}/state`));
  assert.deepEqual(view.drain_config, { max_grace_period: seconds(500) });
  assert.ok(view.estimated_drain_start_time_seconds >= Math.floor(begun));
  const { get_agent } = await json(
    fetch(`http://127.0.0.1:${agent.port}/api/v1`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ type: 'GET_AGENT' }),
    }),
  );
  assert.deepEqual(get_agent.drain_config, { max_grace_period: seconds(500) });
  assert.equal(
    get_agent.estimated_drain_start_time.nanoseconds,
    view.estimated_drain_start_time_seconds * 1_000_000_000,
  );
  master.send(DrainSlaveMessage, { config: { max_grace_period: seconds(0.1) } });
  for (const id of ['mild', 'stubborn']) {
    const { status } = await master.until(id, 'TASK_KILLED');
    assert.equal(status.reason, 'REASON_AGENT_DRAINING');
    assert.equal((await master.until(id, 'TASK_KILLING')).status.reason, 'REASON_AGENT_DRAINING');
  }
  await eventually(
    () => 'the end of draining',
    () => !agent.context.agent.draining && !existsSync(configPath(at)),
  );
  master.command('after', 'true');
  await master.until('after', 'TASK_FINISHED');
});

test('tasks are killed, too, when the draining cannot be written to disk', async t => {
  const at = await bench(t);
  const { master } = at;
  const agent = await startTestAgent(at);
  at.onEnd(() => agent.stop());
  await runStubborn(at, { kill_policy: { grace_period: seconds(600) } });
  mkdirSync(join(configPath(at), 'in the way'), { recursive: true });
  master.send(DrainSlaveMessage, { config: { max_grace_period: seconds(500) } });
  const { status } = await master.until('stubborn', 'TASK_KILLING');
  assert.equal(status.reason, 'REASON_AGENT_DRAINING');
  rmSync(configPath(at), { recursive: true });
  master.send(DrainSlaveMessage, { config: { max_grace_period: seconds(0.1) } });
  await master.until('stubborn', 'TASK_KILLED');
  await eventually('the end of draining', () => !agent.context.agent.draining);
});

test('tasks of an agent that will be gone are gone, for those who know that', async t => {
  const at = await bench(t);
  const { master } = at;
  const agent = await startTestAgent(at);
  at.onEnd(() => agent.stop());
  master.command('aware', 'sleep 600');
  await master.until('aware', 'TASK_RUNNING');
  master.send(DrainSlaveMessage, { config: { mark_gone: true } });
  const { status } = await master.until('aware', 'TASK_GONE_BY_OPERATOR');
  assert.equal(status.reason, 'REASON_AGENT_DRAINING');
  assert.deepEqual(master.states('aware').slice(2), ['TASK_KILLING', 'TASK_GONE_BY_OPERATOR']);
});

test('an idle agent is drained at once', async t => {
  const at = await bench(t);
  const agent = await startTestAgent(at);
  at.onEnd(() => agent.stop());
  at.master.send(DrainSlaveMessage, { config: {} });
  at.master.command('after', 'true');
  await eventually(
    () => 'the end of draining',
    () => at.master.states('after').length > 0 && !agent.context.agent.draining,
  );
});

test('an agent that starts anew goes on draining', async t => {
  const at = await bench(t);
  const { master } = at;
  let agent = spawnAgent(at);
  at.onEnd(() => kill(agent, 'SIGTERM'));
  await master.untilAgent();
  await runStubborn(at);
  master.send(DrainSlaveMessage, { config: { max_grace_period: seconds(600), mark_gone: true } });
  await master.until('stubborn', 'TASK_KILLING');
  await kill(agent, 'SIGKILL');
  assert.ok(existsSync(configPath(at)));
  agent = spawnAgent(at);
  await eventually(
    () => 'a re-registration',
    () => master.received.filter(({ name }) => name.endsWith('ReregisterSlaveMessage')).length > 0,
  );
  master.send(DrainSlaveMessage, { config: { max_grace_period: seconds(0.1), mark_gone: true } }); // as a master would
  const { status } = await master.until('stubborn', 'TASK_GONE_BY_OPERATOR');
  assert.equal(status.reason, 'REASON_AGENT_DRAINING');
  await eventually(
    () => 'the end of draining',
    () => !existsSync(configPath(at)),
  );
});
