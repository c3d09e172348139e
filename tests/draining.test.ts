/** DRAIN_AGENT and what may follow it, with a master and an agent that are started anew in between. */

import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';
import type { Daemon } from './support/daemon.ts';
import type { Framework } from './support/framework.ts';

/** Ends by SIGKILL only. */
const stubborn = (up: string) => ({ value: `trap '' TERM; touch ${up}; while :; do sleep 0.05; done` });

/** Makes a call of the master's operator API. */
async function operator(cluster: Cluster, call: object): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${cluster.master.origin}/api/v1`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify(call),
  });
  return { status: answer.status, text: await answer.text() };
}

async function agentView(cluster: Cluster) {
  const { text } = await operator(cluster, { type: 'GET_AGENTS' });
  return JSON.parse(text).get_agents.agents?.[0];
}

async function run(framework: Framework, id: string, command: object): Promise<void> {
  await framework.run({ task_id: { value: id }, command });
  await framework.reaches(id, 'TASK_RUNNING');
}

test('drained over restarts of both daemons, and used again', async t => {
  const cluster = await Cluster.start(t);
  const id = await cluster.registered(cluster.agent);
  const agent_id = { value: id };
  const framework = await cluster.framework();
  await run(framework, 'mild', { value: 'sleep 600' });
  const up = path.join(cluster.directory, 'up');
  await run(framework, 'stubborn', stubborn(up));
  await eventually('its trap', () => existsSync(up));
  assert.equal((await operator(cluster, { type: 'REACTIVATE_AGENT', reactivate_agent: { agent_id } })).status, 400);

  const drain = { type: 'DRAIN_AGENT', drain_agent: { agent_id, max_grace_period: { seconds: 600, nanos: 0 } } };
  assert.equal((await operator(cluster, drain)).status, 200);
  const { reason } = await framework.reaches('mild', 'TASK_KILLED');
  assert.equal(reason, 'REASON_AGENT_DRAINING');
  await framework.reaches('stubborn', 'TASK_KILLING');
  assert.equal((await agentView(cluster)).drain_info.state, 'DRAINING');
  assert.equal((await operator(cluster, { type: 'REACTIVATE_AGENT', reactivate_agent: { agent_id } })).status, 400);

  await cluster.agent.kill();
  await cluster.agent.start();
  await cluster.master.kill();
  await cluster.master.start();
  await eventually('the agent, draining', async () => (await agentView(cluster))?.drain_info?.state === 'DRAINING');
  await framework.connected();

  const shorter = {
    type: 'DRAIN_AGENT',
    drain_agent: { agent_id, max_grace_period: { seconds: 0, nanos: 100_000_000 } },
  };
  await eventually('a shorter grace', async () => (await operator(cluster, shorter)).status === 200);
  assert.equal((await framework.reaches('stubborn', 'TASK_KILLED')).reason, 'REASON_AGENT_DRAINING');
  await eventually('DRAINED', async () => (await agentView(cluster)).drain_info.state === 'DRAINED');
  await eventually('the end of draining on the agent', async () => !(await agentState(cluster)).drain_config);
  assert.equal(framework.offers.size, 0);

  assert.equal((await operator(cluster, { type: 'REACTIVATE_AGENT', reactivate_agent: { agent_id } })).status, 200);
  assert.equal((await agentView(cluster)).drain_info, undefined);
  await framework.run({ task_id: { value: 'after' } });
  await framework.reaches('after', 'TASK_FINISHED');
  assert.equal(await cluster.registered(cluster.agent), id);
});

test('drained and gone', async t => {
  const cluster = await Cluster.start(t);
  const id = await cluster.registered(cluster.agent);
  const framework = await cluster.framework();
  await run(framework, 'task', { value: 'sleep 600' });
  const drain = { type: 'DRAIN_AGENT', drain_agent: { agent_id: { value: id }, mark_gone: true } };
  assert.equal((await operator(cluster, drain)).status, 200);
  assert.equal((await framework.reaches('task', 'TASK_GONE_BY_OPERATOR')).reason, 'REASON_AGENT_DRAINING');
  await eventually('an agent less', async () => (await agentView(cluster)) === undefined);
  assert.equal(await cluster.agent.ended, 'code 0');
  await eventually(
    () => `the end of ${cluster.leftovers()}`,
    () => cluster.leftovers().length === 0,
  );

  await refusedStart(cluster.agent);
  rmSync(path.join(cluster.directory, 'agent-1', 'meta', 'slaves', 'latest'));
  await cluster.agent.start();
  assert.notEqual(await cluster.registered(cluster.agent), id);
});

test('marked gone, with nothing to run, and while it is away: its id stays, and no start is let in', async t => {
  const cluster = await Cluster.start(t, { agents: [{}, {}] });
  const [idle, away] = cluster.agents as [Daemon, Daemon];
  const ids = await Promise.all([idle, away].map(agent => cluster.registered(agent)));
  await away.kill();
  for (const value of ids) {
    const call = { type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: { value } } };
    assert.equal((await operator(cluster, call)).status, 200);
  }
  assert.equal(await idle.ended, 'code 0');
  for (const agent of [idle, away, idle]) await refusedStart(agent);
});

/** Starts an agent that was marked gone. */
async function refusedStart(agent: Daemon): Promise<void> {
  agent.spawn();
  assert.equal(await agent.ended, 'code 1');
  assert.match(agent.log, /marked agent \S+ gone.*as a new agent, remove '\S+\/meta\/slaves\/latest' and start it/);
}

async function agentState(cluster: Cluster): Promise<{ drain_config?: object }> {
  const answer = await fetch(`${cluster.agent.origin}/state`);
  return (await answer.json()) as { drain_config?: object };
}
