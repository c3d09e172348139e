/** What the logs tell at the default level: one search for a task's id gives its story, in master and agent. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';

/** Lines about a task, without time, component and the ids of this run. */
function storyOf(log: string, taskId: string): string[] {
  return log
    .split('\n')
    .filter(line => line.includes(` task_id=${taskId} `))
    .map(line => line.replace(/^.*?\] /, '').replace(/ (task|framework|agent|executor|container)_id=\S+/g, ''));
}

test('one search for the id of a task tells its story', async t => {
  const cluster = await Cluster.start(t);
  const framework = await cluster.framework();
  const resources = [{ name: 'cpus', type: 'SCALAR' as const, scalar: { value: 0.1 }, allocation_info: { role: '*' } }];
  const task = (id: string, value: string) => ({ task_id: { value: id }, command: { shell: true, value }, resources });
  const offer = await framework.roomyOffer();
  await framework.launch(offer, [task('fails', 'exit 3'), task('killed', 'exec sleep 1000')]);
  await framework.reaches('fails', 'TASK_FAILED');
  const running = await framework.reaches('killed', 'TASK_RUNNING');
  const kill = { task_id: { value: 'killed' }, ...(running.agent_id && { agent_id: running.agent_id }) };
  await framework.call({ type: 'KILL', kill });
  await framework.reaches('killed', 'TASK_KILLED');
  const agent = cluster.agents[0];
  assert(agent);
  const whole = ['fails', 'killed'].flatMap(id => [
    () => storyOf(cluster.master.log, id).filter(line => line.startsWith('Task status acknowledged')).length,
    () => storyOf(agent.log, id).filter(line => line.startsWith('Task status acknowledged')).length,
  ]);
  await eventually('acknowledgements in the logs', () => whole.every(count => count() >= 3));

  const ended = 'state=TASK_FAILED message="Command exited with status 3"';
  const failed = storyOf(cluster.master.log, 'fails');
  assert.equal(failed[0], 'Launching task');
  assert.deepEqual(
    failed.filter(line => line.startsWith('Task status state')),
    ['Task status state=TASK_STARTING', 'Task status state=TASK_RUNNING', `Task status ${ended}`],
  );
  const atAgent = storyOf(agent.log, 'fails');
  assert.equal(atAgent[0], 'Launching task');
  assert(atAgent.includes('Command of task ended exit_status=3'), atAgent.join('\n'));
  assert(atAgent.includes(`Task status ${ended}`), atAgent.join('\n'));
  for (const log of [cluster.master.log, agent.log]) assert(storyOf(log, 'killed').includes('Killing task'));
  assert(storyOf(agent.log, 'killed').includes('Command of task ended signal=SIGTERM'));
});

test('the first line of a daemon has its version and flags, without secrets', async t => {
  const parameters = [{ key: 'password', value: 'hunter2' }];
  const modules = JSON.stringify({ libraries: [{ file: 'none', modules: [{ name: 'none', parameters }] }] });
  const variables = JSON.stringify({ API_TOKEN: 'hunter2' });
  const cluster = await Cluster.start(t, { agents: [{ executor_environment_variables: variables }] });
  assert.match(
    cluster.master.log,
    /^I\S+ \S+ master\] Starting a master version=\S+ mesos_version=1\.12\.0 flags=".*--work_dir=/,
  );
  const [agent] = cluster.agents;
  assert.match(agent?.log ?? '', /^I\S+ \S+ agent\] Starting an agent version=\S+ .*--work_dir=/);
  await cluster.master.kill();
  cluster.master.spawn({ modules });
  assert.equal(await cluster.master.ended, 'code 1');
  assert.match(cluster.master.log, /--modules=\{.*password.*<redacted>/);
  for (const log of [cluster.master.log, agent?.log]) assert.doesNotMatch(log ?? '', /hunter2/);
});
