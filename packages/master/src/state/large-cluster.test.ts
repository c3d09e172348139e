import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentInfo, checkId, type Task } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import { Agent } from './agent.ts';
import { Cluster } from './cluster.ts';
import { Framework } from './framework.ts';
import { LargeCluster } from './large-cluster.ts';

const framework = new Framework(checkId('f'), { user: 'u', name: 'f' }, 'active', {
  maxCompletedTasks: 5,
  maxUnreachableTasks: 5,
});

function agentOf(id: string): Agent {
  const about = { pid: `slave(1)@${id}`, peer: '', version: '', capabilities: [], resourceVersion: '' };
  return new Agent(checkId(id), { info: { hostname: id }, total: Resources.empty, ...about }, 0);
}

function taskOf(id: string): Task {
  const ids = { task_id: { value: id }, framework_id: { value: 'f' }, agent_id: { value: 'S0' } };
  return { name: id, ...ids, state: 'TASK_RUNNING', resources: [] };
}

/** Returns a cluster with one agent, and how often it became large. */
function observed() {
  const cluster = new Cluster({ maxCompletedFrameworks: 5 });
  let times = 0;
  const observer = new LargeCluster(cluster, () => times++);
  cluster.observe(observer);
  cluster.addFramework(framework);
  const agent = agentOf('S0');
  cluster.addAgent(agent);
  return { cluster, observer, agent, times: () => times };
}

test('a cluster is large with its thousandth agent, and that is told once', () => {
  const { cluster, times } = observed();
  for (let number = 1; number < 999; number++) cluster.addAgent(agentOf(`S${number}`));
  assert.equal(times(), 0);
  for (let number = 999; number < 1002; number++) cluster.addAgent(agentOf(`S${number}`));
  assert.equal(times(), 1);
});

test('agents of the registry that have not come back yet count', () => {
  const { cluster, observer, times } = observed();
  const info: AgentInfo = { hostname: 'h' };
  for (let number = 1; number < 1000; number++) cluster.recoveredAgents.set(checkId(`S${number}`), info);
  assert.equal(times(), 0);
  observer.countAgents();
  assert.equal(times(), 1);
});

test('a cluster is large with ten thousand tasks at once, and not with ten thousand one after another', () => {
  const { cluster, agent, times } = observed();
  for (let number = 0; number < 10_001; number++) {
    const task = taskOf(`short-${number}`);
    cluster.addTask(task, framework, agent);
    cluster.removeTask(task, framework, agent);
  }
  for (let number = 0; number < 9999; number++) cluster.addTask(taskOf(`long-${number}`), framework, agent);
  assert.equal(times(), 0);
  cluster.addTask(taskOf('last'), framework, agent);
  assert.equal(times(), 1);
});
