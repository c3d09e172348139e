/** What operators do about agents that do not answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { soonUnreachable } from './support/cluster.ts';
import { Meseta } from './support/meseta.ts';
import { running, sceneOf } from './support/operator-scene.ts';

test('an operation that the agent has not confirmed is listed', async t => {
  const { cluster, ok, json } = await sceneOf(t);
  const [agent] = cluster.agents;
  await agent?.kill('SIGSTOP');
  t.after(() => agent?.kill('SIGCONT'));
  await ok('reserve', 'web1', 'cpus:1;mem:64', '--role', 'db');
  const uuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.source;
  assert.match(await ok('operations'), new RegExp(`^${uuid} +RESERVE +pending +cpus:1; mem:64 +\\S+-S\\d +-$`, 'm'));
  assert.match(await ok('operations', 'list', '-q'), new RegExp(`^${uuid}\n$`));
  assert.equal((await json('operations'))[0].info.type, 'RESERVE');
  await agent?.kill('SIGCONT');
  await eventually('its confirmation', async () => (await ok('operations', '-q')) === '');
});

test('an unreachable agent is drained when it comes back, or marked gone', async t => {
  const { cluster, on, ok, json } = await sceneOf(t, soonUnreachable);
  const framework = await running(cluster, 'web1', 'cut-off');
  const [{ agent_info }] = await json('agent', 'inspect', 'web1');
  const id: string = agent_info.id.value;
  const [web1, web2] = cluster.agents;
  const [{ agent_info: other }] = await json('agent', 'inspect', 'web2');
  for (const agent of [web1, web2]) {
    await agent?.kill('SIGSTOP');
    t.after(() => agent?.kill('SIGCONT'));
  }
  const states = async () => (await ok('agents')).match(/ unreachable /g)?.length;
  await eventually('both to be unreachable', async () => (await states()) === 2);

  const shown = await ok('agent', 'drain', id, '-f');
  assert.match(shown, /is unreachable: it is drained when it comes back\n$/);
  const refused = await on('agent', 'gone', other.id.value);
  assert.match(refused.stderr, /Marking \S+-S\d on web2\.example\.org gone ends it for good\. There is no terminal/);
  await ok('agent', 'gone', other.id.value, '-y');

  await web1?.kill('SIGCONT');
  await framework.reaches('cut-off', 'TASK_KILLED');
  const env = { MESETA_MASTER: cluster.master.address };
  await eventually('the agent', async () => (await on('agent', 'inspect', 'web1')).code === 0);
  const follow = await new Meseta(['agent', 'drain', id, '-f', '-y'], { env }).finished;
  assert.match(follow.stdout, /is drained\n$/);
  await web2?.kill('SIGCONT');
  await web2?.ended;
  assert.match(web2?.log ?? '', /marked agent \S+ gone|has been marked gone/);
});
