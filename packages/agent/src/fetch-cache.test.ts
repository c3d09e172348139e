/** Agents whose tasks fetch through the cache, and what can happen to them meanwhile. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { KillTaskMessage } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { frameworkId } from './testing/scripted-master.ts';
import { type Bench, bench, kill, spawnAgent, startTestAgent } from './testing/test-agent.ts';

const framework_id = { value: frameworkId };
const size = 1000;

/** A server of files whose contents wait for `finish`. */
async function slowServer(t: TestContext) {
  const responses: ServerResponse[] = [];
  const server = createServer((_, response) => {
    responses.push(response.writeHead(200, { 'content-length': size }));
    response.write('x');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    uri: { value: `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`, cache: true },
    asked: (count: number) => eventually(`request ${count}`, () => responses.length >= count),
    count: () => responses.length,
    finish: () => responses.at(-1)?.end('x'.repeat(size - 1)),
  };
}

function sandbox({ directory }: Bench, executor: string): string {
  return join(directory, 'work/slaves/latest/frameworks', frameworkId, 'executors', executor, 'runs/latest');
}

const stderrOf = (at: Bench, task: string) => readFile(join(sandbox(at, task), 'stderr'), 'utf8');

async function cached(cache: string): Promise<string[]> {
  const entries = await readdir(cache, { recursive: true, withFileTypes: true });
  return entries.filter(entry => entry.isFile() && entry.name !== 'agent.lock').map(entry => entry.name);
}

test('tasks share a download, whoever of them is killed, and metrics tell of it', async t => {
  const at = await bench(t);
  const { master } = at;
  const agent = await startTestAgent(at, '--fetcher_cache_size=4KB');
  at.onEnd(() => agent.shutdown());
  const { uri, asked, count, finish } = await slowServer(t);
  const used = async () => {
    const snapshot = await fetch(`http://127.0.0.1:${agent.port}/metrics/snapshot`);
    const metrics = (await snapshot.json()) as Record<string, number>;
    assert.equal(metrics['containerizer/fetcher/cache_size_total_bytes'], 4096);
    return metrics['containerizer/fetcher/cache_size_used_bytes'];
  };
  assert.equal(await used(), 0);
  const command = { value: 'wc -c <file', uris: [uri] };
  master.run({ id: 'first', command });
  await asked(1);
  await eventually('room is reserved', async () => (await used()) === size);
  master.run({ id: 'second', command });
  const waiting = `Waiting for ${uri.value}: it is already being downloaded into the agent's cache\n`;
  await eventually('the second waits', async () => (await stderrOf(at, 'second').catch(() => '')) === waiting);
  master.send(KillTaskMessage, { framework_id, task_id: { value: 'first' } });
  await master.until('first', 'TASK_KILLED');
  finish();
  await master.until('second', 'TASK_FINISHED');
  master.run({ id: 'third', command });
  await master.until('third', 'TASK_FINISHED');
  for (const id of ['second', 'third']) {
    assert.equal((await readFile(join(sandbox(at, id), 'stdout'), 'utf8')).trim(), `${size}`);
  }
  assert.equal(await stderrOf(at, 'second'), `${waiting}Fetched ${uri.value} through the agent's cache\n`);
  assert.equal(await stderrOf(at, 'third'), `Fetched ${uri.value} from the agent's cache\n`);
  assert.equal(count(), 1);
  assert.equal(await used(), size);
  const cache = join(at.directory, 'work/fetch');
  assert.equal((await stat(cache)).mode & 0o777, 0o700);
  assert.deepEqual(await cached(cache), ['c1-file']);
});

test('the next agent trusts nothing that a killed one had in its cache', async t => {
  const at = await bench(t);
  const { master, directory } = at;
  const cache = join(directory, 'cache');
  let agent = spawnAgent(at, `--fetcher_cache_dir=${cache}`);
  at.onEnd(() => kill(agent, 'SIGTERM'));
  await master.untilAgent();
  const { uri, asked, count, finish } = await slowServer(t);
  master.run({ id: 'caught', command: { value: 'true', uris: [uri] } });
  await asked(1);
  await eventually('a part is in the cache', async () => (await cached(cache)).length === 1);
  await kill(agent, 'SIGKILL');
  assert.deepEqual(await cached(cache), ['c1-file']);
  agent = spawnAgent(at, `--fetcher_cache_dir=${cache}`);
  await master.until('caught', 'TASK_FAILED');
  assert.deepEqual(await cached(cache), []);
  master.run({ id: 'next', command: { value: 'wc -c <file', uris: [uri] } });
  await asked(2);
  finish();
  await master.until('next', 'TASK_FINISHED');
  assert.equal((await readFile(join(sandbox(at, 'next'), 'stdout'), 'utf8')).trim(), `${size}`);
  assert.equal(count(), 2);
});

test('a directory of another agent, or one that others can write to, is refused', async t => {
  const at = await bench(t);
  const cache = `--fetcher_cache_dir=${join(at.directory, 'cache')}`;
  const agent = await startTestAgent(at, cache);
  at.onEnd(() => agent.shutdown());
  const other = ['work', 'run'].map(
    each => `--${each === 'run' ? 'runtime' : each}_dir=${join(at.directory, 'other', each)}`,
  );
  await assert.rejects(startTestAgent(at, cache, ...other), {
    code: 'DIRECTORY_IN_USE',
    message: /cache': give each agent a --fetcher_cache_dir of its own$/,
  });
  await assert.rejects(startTestAgent(at, ...other, `--fetcher_cache_dir=${join(at.directory, 'other', 'work')}`), {
    code: 'DIRECTORY_IN_USE',
    message: /^--work_dir and --fetcher_cache_dir name the same directory, .*\/work'/,
  });
  const open = join(at.directory, 'open');
  await mkdir(open);
  await chmod(open, 0o777);
  await assert.rejects(startTestAgent(at, `--fetcher_cache_dir=${open}`, ...other), {
    code: 'DIRECTORY_UNUSABLE',
    message: /^Cannot use --fetcher_cache_dir '.*open': it may be written to by others/,
  });
});
