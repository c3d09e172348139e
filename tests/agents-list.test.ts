/** Unreachable agents in `meseta agents`, which finds them in the registry, and masters that do not let it read that. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { empty, failure, HttpServer, json, type Request, type Response } from '@meseta/process';
import { eventually } from '@meseta/system/testing';
import { soonUnreachable } from './support/cluster.ts';
import { meseta } from './support/meseta.ts';
import { sceneOf } from './support/operator-scene.ts';

const registries: { name: string; answer: () => Response; code: number; stderr: RegExp }[] = [
  { name: 'may not be read', answer: () => failure('NOT_AUTHORIZED', ''), code: 0, stderr: /^$/ },
  {
    name: 'cannot be read',
    answer: () => failure('INTERNAL_ERROR', 'The disk is full.\n'),
    code: 1,
    stderr: /^meseta agents: The disk is full\. \(INTERNAL_ERROR\)\n$/,
  },
];
for (const { name, answer, code, stderr } of registries) {
  test(`meseta agents where the registry ${name}`, async t => {
    const handler = ({ path }: Request) => {
      if (path === '/master/health') return empty(200);
      return path === '/registrar(1)/registry' ? answer() : json({ type: 'GET_AGENTS', get_agents: { agents: [] } });
    };
    const server = new HttpServer({ handler, report: () => undefined });
    const { port } = await server.listen('127.0.0.1', 0);
    t.after(() => server.close(0));
    const finished = await meseta('agents', '--master', `127.0.0.1:${port}`);
    assert.equal(finished.code, code);
    assert.match(finished.stderr, stderr);
  });
}

test('an unreachable agent is shown with its host, and named by it, as long as its master runs', async t => {
  const { cluster, on, ok, json } = await sceneOf(t, soonUnreachable);
  const [agent] = await json('agent', 'inspect', 'web2');
  const { id, port } = agent.agent_info;
  await cluster.agents[1]?.kill();
  const lost = await eventually('the loss', async () =>
    (await json('agents')).find((each: { unreachable_time?: object }) => each.unreachable_time),
  );
  assert.deepEqual(lost.agent_info, { id, hostname: 'web2.example.org', port });
  assert.match(await ok('agents'), new RegExp(`^${id.value} +web2\\.example\\.org:${port} +unreachable `, 'm'));
  assert.equal(await ok('agent', 'deactivate', 'web2'), `${id.value}\n`);
  const listed = await on('files', 'ls', '--agent', 'web2', '/');
  assert.match(listed.stderr, /Agent \S+ on web2\.example\.org is unreachable\n$/);

  await cluster.master.kill();
  await cluster.master.start();
  assert.match(await ok('agents'), new RegExp(`^${id.value} +- +unreachable `, 'm'), 'the registry has no hosts');
  assert.equal(await ok('agent', 'gone', id.value, '--yes'), `${id.value}\n`);
});
