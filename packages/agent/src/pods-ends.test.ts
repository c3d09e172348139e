/** How pods end with their agent, and how an agent is drained of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFlags } from '@meseta/flags';
import { DrainSlaveMessage } from '@meseta/protocol';
import { isAlive, readProcess } from '@meseta/system';
import { eventually } from '@meseta/system/testing';
import { silentLogger } from '@meseta/telemetry/testing';
import { agentFlags } from './flags.ts';
import { startAgent } from './main.ts';
import { PodBench, shell } from './testing/pod-bench.ts';
import type { ScriptedMaster } from './testing/scripted-master.ts';
import { agentArguments, bench, startTestAgent } from './testing/test-agent.ts';

/** Runs a pod of two tasks. @returns their pids. */
async function runPod(master: ScriptedMaster, ids: readonly string[]): Promise<number[]> {
  master.runGroup(ids.map(id => shell(id, 'exec sleep 600')));
  const updates = await Promise.all(ids.map(id => master.until(id, 'TASK_RUNNING')));
  return updates.map(({ status }) => status.container_status?.executor_pid ?? 0);
}

async function untilGone(pids: readonly number[]): Promise<void> {
  const runs = (pid: number) => {
    const found = readProcess(pid);
    return found !== undefined && isAlive(found);
  };
  await eventually(`the end of processes ${pids}`, () => !pids.some(runs));
}

test('a draining agent kills the tasks of pods, refuses others, and is drained when they are gone', async t => {
  const { master, agent, untilNothingIsLeft, until } = await PodBench.start(t);
  const ids = ['one', 'two'];
  await runPod(master, ids);
  master.acknowledges = false; // so that the draining lasts until the late tasks are here
  master.send(DrainSlaveMessage, { config: {} });
  await master.until('one', 'TASK_KILLING');
  master.runGroup([shell('late', 'true'), shell('late-too', 'true')], { launch: false });
  for (const id of ['late', 'late-too']) {
    const { status } = await master.until(id, 'TASK_DROPPED');
    assert.equal(status.reason, 'REASON_AGENT_DRAINING');
    assert.match(status.message ?? '', /^Task group was received while/);
  }
  master.acknowledges = true;
  for (const update of master.updates) master.acknowledge(update);
  for (const id of ids) assert.equal((await master.until(id, 'TASK_KILLED')).status.reason, 'REASON_AGENT_DRAINING');
  await until('the end of draining', () => !agent.context.agent.draining);
  await untilNothingIsLeft();
});

test('--recover=cleanup ends pods', async t => {
  const at = await bench(t);
  const agent = await startTestAgent(at);
  const pids = await runPod(at.master, ['one', 'two']);
  await agent.stop();
  const { flags } = parseFlags(agentFlags, agentArguments(at, ['--recover=cleanup']));
  const cleaner = await startAgent({ flags, log: silentLogger() });
  assert.equal(await cleaner.ended, undefined);
  await untilGone(pids);
});

test('pods of frameworks that do not checkpoint end with the agent', async t => {
  const at = await bench(t);
  at.master.framework = { ...at.master.framework, checkpoint: false };
  const agent = await startTestAgent(at);
  const pids = await runPod(at.master, ['one', 'two']);
  await agent.stop();
  await untilGone(pids);
});

test('an agent that leaves ends its pods', async t => {
  const at = await bench(t);
  const agent = await startTestAgent(at);
  const pids = await runPod(at.master, ['one', 'two']);
  await agent.shutdown();
  await untilGone(pids);
});
