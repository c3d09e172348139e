/** Containers that clients launch below those of executors, with real processes. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ContainerID } from '@meseta/protocol';
import { readProcess } from '@meseta/system';
import { eventually } from '@meseta/system/testing';
import { AgentCalls } from './testing/agent-calls.ts';
import { agentId, frameworkId } from './testing/scripted-master.ts';
import { type Bench, bench, startTestAgent } from './testing/test-agent.ts';

const sandbox = ({ directory }: Bench, task: string, ...path: string[]) =>
  join(directory, 'work/slaves', agentId, 'frameworks', frameworkId, 'executors', task, 'runs/latest', ...path);
const runtime = ({ directory }: Bench, ...path: string[]) => join(directory, 'run', ...path);

interface Parent {
  readonly at: Bench;
  readonly calls: AgentCalls;
  readonly parent: ContainerID;
  readonly child: (value: string) => ContainerID;
}

/** An agent with one command task, in whose container others are to be nested. */
async function withTask(t: TestContext, command = 'exec sleep 600'): Promise<Parent> {
  const at = await bench(t);
  const agent = await startTestAgent(at);
  at.onEnd(() => agent.shutdown());
  at.master.command('task', command);
  const { status } = await at.master.until('task', 'TASK_RUNNING');
  const parent = status.container_status?.container_id;
  assert.ok(parent);
  const calls = new AgentCalls(`http://127.0.0.1:${agent.port}`);
  return { at, calls, parent, child: value => ({ value, parent }) };
}

test('a nested container runs in its own sandbox, and its status is kept until it is removed', async t => {
  const { at, calls, parent, child } = await withTask(t);
  const id = child('one');
  const command = { environment: { variables: [{ name: 'OWN', value: 'own' }] } };
  assert.equal(
    (await calls.launch(id, 'echo "$OWN $PATH $MESOS_SANDBOX"; pwd; echo err >&2; exit 7', { command })).status,
    200,
  );
  assert.equal(await calls.exitStatus(id), 7 << 8);
  assert.equal(await calls.exitStatus(id), 7 << 8, 'again');
  const directory = sandbox(at, 'task', 'containers/one');
  const [variables, cwd] = (await readFile(join(directory, 'stdout'), 'utf8')).trim().split('\n');
  const path = cwd as string;
  assert.equal(variables, `own /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin ${path}`);
  assert.ok(path.endsWith(`/${parent.value}/containers/one`));
  assert.equal(await readFile(join(directory, 'stderr'), 'utf8'), 'err\n');
  assert.equal((await stat(directory)).mode & 0o777, 0o750);
  const record = runtime(at, 'containers', parent.value, 'containers/one');
  for (const file of ['config', 'termination']) assert.equal((await stat(join(record, file))).mode & 0o777, 0o600);
  assert.equal((await stat(record)).mode & 0o777, 0o700);
  assert.equal((await calls.remove(id)).status, 200);
  assert.ok(!existsSync(directory) && !existsSync(record));
  const { status, text } = await calls.wait(id);
  assert.equal(status, 404);
  assert.equal(text, `Container ${parent.value}.one cannot be found`);
  assert.equal((await calls.remove(id)).status, 200, 'of what is there no more');
});

test('a container is launched once, signalled, and removed when it has ended', async t => {
  const { at, calls, child } = await withTask(t);
  const id = child('trap');
  assert.equal((await calls.launch(id, 'trap "exit 5" USR1; echo ready; while :; do sleep 0.02; done')).status, 200);
  assert.equal((await calls.launch(id, 'true')).status, 202);
  const refused = await calls.remove(id);
  assert.equal(refused.status, 500);
  assert.equal(refused.text, 'Nested container has not terminated yet');
  const stdout = sandbox(at, 'task', 'containers/trap/stdout');
  await eventually('the trap', async () => (await readFile(stdout, 'utf8')) === 'ready\n');
  const waits = [1, 2, 3].map(() => calls.exitStatus(id));
  assert.equal((await calls.kill(id, 10)).status, 200);
  assert.deepEqual(await Promise.all(waits), [5 << 8, 5 << 8, 5 << 8]);
  const late = await calls.kill(id);
  assert.equal(late.status, 404);
  assert.match(late.text, /^Container '.*\.trap' cannot be found \(or is already killed\)$/);
  assert.equal((await calls.launch(id, 'exit 1')).status, 200, 'the id can be used again');
  assert.equal(await calls.exitStatus(id), 1 << 8);
});

test('a kill without a signal ends all processes', async t => {
  const { at, calls, child } = await withTask(t);
  const id = child('tree');
  await calls.launch(id, "trap '' TERM; setsid sleep 600 & echo $! > pid; wait");
  const pid = await eventually('the descendant', async () =>
    Number(await readFile(sandbox(at, 'task', 'containers/tree/pid'), 'utf8').catch(() => '')),
  );
  assert.equal((await calls.kill(id)).status, 200);
  assert.equal(await calls.exitStatus(id), 9);
  assert.equal(readProcess(pid)?.state ?? 'Z', 'Z'); // its parent may not have noticed yet
});

test('containers nest, and end with their parents', async t => {
  const { at, calls, child } = await withTask(t, 'while [ ! -e end ]; do sleep 0.02; done');
  const [outer, other] = [child('outer'), child('other')];
  const inner = { value: 'inner', parent: outer };
  for (const id of [outer, inner, other]) assert.equal((await calls.launch(id, 'exec sleep 600')).status, 200);
  assert.ok(existsSync(sandbox(at, 'task', 'containers/outer/containers/inner/stdout')));
  await calls.kill(outer);
  assert.equal(await calls.exitStatus(outer), 9);
  assert.equal(await calls.exitStatus(inner), 9);
  const refused = await calls.launch({ value: 'late', parent: outer }, 'true');
  assert.equal(refused.status, 400);
  assert.match(refused.text, /^Parent container .*\.outer does not exist$/);
  const last = calls.exitStatus(other);
  await writeFile(sandbox(at, 'task', 'end'), '');
  assert.equal(await last, 9);
  await at.master.until('task', 'TASK_FINISHED');
  await eventually('the records to be gone', async () => {
    const { status } = await calls.wait(other);
    return status === 404 && !existsSync(runtime(at, 'containers', other.parent?.value ?? ''));
  });
  // Until the executor has ended for the agent, there may be a directory to remove.
  const gone = await eventually('the executor to be gone', async () => {
    const answer = await calls.remove(other);
    return answer.status !== 200 && answer;
  });
  assert.equal(gone.status, 500);
  assert.match(gone.text, /^Unknown root container /);
});

test('links in the sandbox lead nothing out of it', async t => {
  const { at, calls, child } = await withTask(t);
  const elsewhere = join(at.directory, 'elsewhere');
  await mkdir(join(elsewhere, 'victim'), { recursive: true });
  await symlink(elsewhere, sandbox(at, 'task', 'containers'));
  const refused = await calls.launch(child('victim'), 'true');
  assert.equal(refused.status, 500);
  assert.match(refused.text, /^Failed to create sandbox: ENOTDIR/);
  assert.notEqual((await calls.remove(child('victim'))).status, 200);
  assert.ok(existsSync(join(elsewhere, 'victim')));
});

test('what cannot be launched is refused with the reason, and leaves nothing', async t => {
  const { at, calls, parent, child } = await withTask(t);
  const cases: { name: string; id?: ContainerID; command: object; status: number; text: RegExp }[] = [
    { name: 'no command', command: {}, status: 400, text: /has no value/ },
    { name: 'no program', command: { shell: false, value: '/no/such' }, status: 400, text: /\/no\/such.*ENOENT/ },
    { name: 'no user', command: { value: 'true', user: 'no-such-user' }, status: 400, text: /no-such-user/ },
    { name: 'a long argument', command: { value: 'x'.repeat(200_000) }, status: 400, text: /131072/ },
    {
      name: 'no uri',
      command: { value: 'true', uris: [{ value: '/no/such' }] },
      status: 400,
      text: /^Failed to fetch all URIs for container '.*bad'/,
    },
    {
      name: 'no parent',
      id: { value: 'a', parent: { value: 'none' } },
      command: { value: 'true' },
      status: 400,
      text: /^Parent container none does not exist$/,
    },
  ];
  for (const { name, id = child('bad'), command, status, text } of cases) {
    const answer = await calls.call({
      type: 'LAUNCH_NESTED_CONTAINER',
      launch_nested_container: { container_id: id, command },
    });
    assert.equal(answer.status, status, `${name}: ${answer.text}`);
    assert.match(answer.text, text, name);
    assert.equal((await calls.wait(id)).status, 404, name);
    assert.ok(!existsSync(runtime(at, 'containers', parent.value, 'containers/bad')), name);
  }
});

test('a client that waits and goes away costs nothing', async t => {
  const { calls, child } = await withTask(t);
  const id = child('waited');
  await calls.launch(id, 'exec sleep 600');
  const gone = new AbortController();
  const waits = Array.from({ length: 200 }, () => calls.wait(id, gone.signal).catch(() => 'gone'));
  const stays = calls.exitStatus(id);
  gone.abort();
  assert.deepEqual(new Set(await Promise.all(waits)), new Set(['gone']));
  await calls.kill(id, 15);
  assert.equal(await stays, 15);
});
