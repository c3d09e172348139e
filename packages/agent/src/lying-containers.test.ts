/** Calls about nested containers that name what cannot be: each is answered with a sentence, and harms nobody. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ContainerID } from '@meseta/protocol';
import { AgentCalls } from './testing/agent-calls.ts';
import { bench, startTestAgent } from './testing/test-agent.ts';

const command = { value: 'true' };

/** The calls about a container, as clients send them. */
const calls: Record<string, (container_id: unknown) => object> = {
  LAUNCH_NESTED_CONTAINER: container_id => ({ launch_nested_container: { container_id, command } }),
  WAIT_NESTED_CONTAINER: container_id => ({ wait_nested_container: { container_id } }),
  KILL_NESTED_CONTAINER: container_id => ({ kill_nested_container: { container_id } }),
  REMOVE_NESTED_CONTAINER: container_id => ({ remove_nested_container: { container_id } }),
  LAUNCH_NESTED_CONTAINER_SESSION: container_id => ({ launch_nested_container_session: { container_id, command } }),
  LAUNCH_CONTAINER: container_id => ({ launch_container: { container_id, command } }),
  WAIT_CONTAINER: container_id => ({ wait_container: { container_id } }),
  KILL_CONTAINER: container_id => ({ kill_container: { container_id } }),
  REMOVE_CONTAINER: container_id => ({ remove_container: { container_id } }),
  ATTACH_CONTAINER_OUTPUT: container_id => ({ attach_container_output: { container_id } }),
};

test('ids that cannot be are refused with a sentence', async t => {
  const at = await bench(t);
  const agent = await startTestAgent(at);
  at.onEnd(() => agent.shutdown());
  at.master.command('task', 'exec sleep 600');
  const { status } = await at.master.until('task', 'TASK_RUNNING');
  const parent = status.container_status?.container_id;
  assert.ok(parent);
  const origin = `http://127.0.0.1:${agent.port}`;
  const client = new AgentCalls(origin);
  const post = async (body: string) => {
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
    const answer = await fetch(`${origin}/api/v1`, { method: 'POST', headers, body });
    return { status: answer.status, text: await answer.text() };
  };

  const values = ['', '.', '..', '../../../etc', 'a/b', 'a\0b', 'x'.repeat(300), 'x'.repeat(1_000_000), 7, null, {}];
  const ids: [name: string, id: unknown][] = values.flatMap(value => {
    const name = JSON.stringify(value).slice(0, 20);
    return [
      [name, { value, parent }],
      [`below ${name}`, { value: 'child', parent: { value, parent } }],
    ];
  });
  ids.push(['no value', { parent }], ['a list', []]);
  for (const [type, call] of Object.entries(calls)) {
    for (const [name, id] of ids) {
      const { status: code, text } = await post(JSON.stringify({ type, ...call(id) }));
      assert.ok(code >= 400 && code < 500, `${type} of ${name}: ${code} ${text.slice(0, 300)}`);
      assert.match(text, /\w+ \w+/, `${type} of ${name}`);
      assert.ok(text.length < 2000, `${type} of ${name}: ${text.length} characters`);
    }
    const levels = 10_000;
    const deep = `${'{"value":"x","parent":'.repeat(levels)}${JSON.stringify(parent)}${'}'.repeat(levels)}`;
    const { status: code, text } = await post(JSON.stringify({ type, ...call('ID') }).replace('"ID"', deep));
    assert.ok(code >= 400 && code < 500, `${type} of many levels: ${code} ${text.slice(0, 300)}`);
    assert.ok(text.length < 2000, `${type} of many levels: ${text.length} characters`);
  }
  assert.deepEqual(await readdir(join(at.directory, 'run/containers')).catch(() => []), []);

  // The levels that can be are launched, and what is too deep is refused.
  let deepest: ContainerID = parent;
  const launchBelow = async () => {
    const id: ContainerID = { value: 'x'.repeat(40), parent: deepest };
    const answer = await client.launch(id, 'exec sleep 600');
    if (answer.status === 200) deepest = id;
    return answer;
  };
  let answer = await launchBelow();
  while (answer.status === 200) answer = await launchBelow();
  assert.equal(answer.status, 400);
  assert.match(answer.text, /with its parents it has \d+ bytes, and at most 255 are allowed/);

  // A flood of launches: all are answered, and none stays.
  const children = Array.from({ length: 60 }, (_, i) => ({ value: `child-${i}`, parent }));
  const answers = await Promise.all(children.map(id => client.launch(id, 'exec sleep 600')));
  assert.deepEqual(new Set(answers.map(each => each.status)), new Set([200]));
  await Promise.all(children.map(id => client.kill(id)));
  for (const id of children) assert.equal(await client.exitStatus(id), 9);
  assert.equal((await fetch(`${origin}/health`)).status, 200);
  assert.deepEqual(at.master.states('task').at(-1), 'TASK_RUNNING');
});
