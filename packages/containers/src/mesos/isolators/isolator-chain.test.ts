import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerConfig, ContainerID, ExecutorInfo } from '@meseta/protocol';
import { silentLogger } from '@meseta/telemetry/testing';
import type { Isolator } from './isolator.ts';
import { IsolatorChain } from './isolator-chain.ts';

const id: ContainerID = { value: 'c1' };
const nested: ContainerID = { value: 'n1', parent: id };
const executor: ExecutorInfo = { executor_id: { value: 'web.1' }, command: { value: 'true' } };
const config: ContainerConfig = { directory: '/sandbox', command_info: { value: 'true' }, executor_info: executor };

/** Isolators that write down what they are asked; named ones fail. */
function chain(failing: readonly string[] = [], more: Partial<Isolator> = {}) {
  const story: string[] = [];
  const phase = (name: string, what: string) => async () => {
    story.push(`${name} ${what}`);
    if (failing.includes(`${name} ${what}`)) throw new Error(`${name} cannot ${what}`);
  };
  const make = (name: string, nesting: boolean): Isolator => ({
    name,
    supportsNesting: nesting,
    supportsStandalone: nesting,
    recover: phase(name, 'recover'),
    async prepare() {
      await phase(name, 'prepare')();
      return { masked_paths: [name] };
    },
    isolate: phase(name, 'isolate'),
    update: phase(name, 'update'),
    async usage() {
      await phase(name, 'usage')();
      return { timestamp: 1, [name === 'a' ? 'processes' : 'threads']: 2 };
    },
    cleanup: phase(name, 'cleanup'),
    ...(name === 'b' ? more : {}),
  });
  return { chain: new IsolatorChain([make('a', true), make('b', true), make('c', false)], silentLogger()), story };
}

test('prepare in order, cleanup in reverse', async () => {
  const { chain: all, story } = chain();
  assert.deepEqual(await all.prepare(id, config), { masked_paths: ['a', 'b', 'c'] });
  await all.isolate(id, 1);
  await all.cleanup(id);
  const isolated = ['a isolate', 'b isolate', 'c isolate'];
  assert.deepEqual(story, ['a prepare', 'b prepare', 'c prepare', ...isolated, 'c cleanup', 'b cleanup', 'a cleanup']);
});

test('only those that support nesting take part in nested and stand-alone containers', async () => {
  const { chain: all } = chain();
  assert.deepEqual(await all.prepare(nested, config), { masked_paths: ['a', 'b'] });
  const { executor_info: _, ...standalone } = config;
  assert.deepEqual(await all.prepare(id, standalone), { masked_paths: ['a', 'b'] });
});

test('a failed prepare ends the launch, with its own words', async () => {
  const { chain: all, story } = chain(['b prepare']);
  await assert.rejects(all.prepare(id, config), {
    code: 'ISOLATOR_PREPARE_FAILED',
    message: 'b cannot prepare',
    isolators: ['b'],
  });
  assert.deepEqual(story, ['a prepare', 'b prepare']);
});

test('isolate goes on in the others, and fails as in Mesos', async () => {
  const { chain: all, story } = chain(['a isolate']);
  await assert.rejects(all.isolate(id, 1), { message: 'Collect failed: a cannot isolate', isolators: ['a'] });
  assert.equal(story.length, 3);
});

test('cleanup goes on after failures, and tells them all', async () => {
  const { chain: all, story } = chain(['a cleanup', 'c cleanup']);
  const message = 'Failed to clean up an isolator when destroying container: c cannot cleanup; a cannot cleanup';
  await assert.rejects(all.cleanup(id), { message, isolators: ['c', 'a'] });
  assert.equal(story.length, 3);
});

test('usage is put together from those that work; update survives failures', async () => {
  const { chain: all } = chain(['a usage', 'b update']);
  assert.deepEqual(await all.usage(id), { timestamp: 1, threads: 2 });
  await all.update(id, []);
});

test('what several know of a container becomes one message: lists are appended', async () => {
  const statistics = (name: string, free: number): Partial<Isolator> => ({
    usage: async () => ({
      timestamp: free,
      disk_statistics: [{ used_bytes: free }],
      net_snmp_statistics: { [`${name}_stats`]: { InErrors: free } },
    }),
    status: async () => ({ network_infos: [{ name }] }),
  });
  const isolators = ['tcp', 'udp'].map((name, i): Isolator => ({ name, ...statistics(name, i) }));
  const all = new IsolatorChain(isolators, silentLogger());
  assert.deepEqual(await all.usage(id), {
    timestamp: 1,
    disk_statistics: [{ used_bytes: 0 }, { used_bytes: 1 }],
    net_snmp_statistics: { tcp_stats: { InErrors: 0 }, udp_stats: { InErrors: 1 } },
  });
  assert.deepEqual(await all.status(id), { network_infos: [{ name: 'tcp' }, { name: 'udp' }] });
});

test('recover tells each its containers, and fails by name', async () => {
  const { chain: all, story } = chain(['c recover']);
  const state = { container_id: id, pid: 1, directory: '/', executor_info: executor };
  await assert.rejects(all.recover([state], [nested]), { message: "Isolator 'c' could not recover: c cannot recover" });
  assert.deepEqual(story, ['a recover', 'b recover', 'c recover']);
});

test('the first limitation wins and ends the other watches', async () => {
  let discarded = false;
  const { chain: all } = chain([], { watch: async () => ({ message: 'too much' }) });
  const never: Isolator = {
    name: 'never',
    watch: (_, signal) =>
      new Promise(resolve => {
        signal.addEventListener('abort', () => {
          discarded = true;
          resolve(undefined);
        });
      }),
  };
  const watching = new IsolatorChain(
    [never, { name: 'b', watch: async () => ({ message: 'too much' }) }],
    silentLogger(),
  );
  assert.deepEqual(await watching.watch(id, new AbortController().signal), { message: 'too much' });
  assert.equal(discarded, true);
  assert.deepEqual(await all.watch(id, new AbortController().signal), { message: 'too much' });
});

test('a watch is discarded at once, and one that fails limits the container', async () => {
  const { chain: none } = chain();
  const discard = new AbortController();
  const watch = none.watch(id, discard.signal);
  discard.abort();
  assert.equal(await watch, undefined);
  const { chain: failing } = chain([], { watch: () => Promise.reject(new Error('no eyes')) });
  const message = "Isolator 'b' can watch the container no longer: no eyes";
  assert.deepEqual(await failing.watch(id, new AbortController().signal), { message });
});
