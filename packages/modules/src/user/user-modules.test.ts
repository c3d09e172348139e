import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FakeClock } from '@meseta/system/testing';
import { createLogger, Metrics } from '@meseta/telemetry';
import { loadModules } from '../modules.ts';
import { agent, config, executor, framework, id, task } from '../testing/messages.ts';

/** Loads a file of modules. @param timeout how many seconds a call may take; by default many, for a busy machine. */
async function load(
  context: TestContext,
  source: string,
  names: readonly string[],
  { file = 'modules.mjs', timeout = '60' } = {},
) {
  const directory = mkdtempSync(join(tmpdir(), 'user-modules-'));
  const path = join(directory, file);
  writeFileSync(path, source);
  const parameters = [
    { key: 'timeout', value: timeout },
    { key: 'greeting', value: 'hello' },
  ];
  const modules = { libraries: [{ file: path, modules: names.map(name => ({ name, parameters })) }] };
  const lines: string[] = [];
  const log = createLogger({ program: 'test', stderr: { write: line => lines.push(line) } }, 'test');
  const metrics = new Metrics();
  const clock = new FakeClock(7000);
  const registry = await loadModules({ modules }, { runtimeDirectory: directory, log, metrics, clock });
  context.after(async () => {
    await registry.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return { registry, log: () => lines.join(''), directory, metrics };
}

const hook = (body: string) => `export default { h: { kind: 'hook', create: parameters => ({ ${body} }) } };`;
const decorate = 'slaveRunTaskLabelDecorator';

test('a hook decorates, with its parameters, and may be TypeScript', async context => {
  const source = `
    type Task = { labels?: object };
    export default { h: { kind: 'hook', create: (parameters: Record<string, string>) => ({
      ${decorate}: (task: Task) => ({ labels: [{ key: 'greeting', value: parameters.greeting }] }),
    }) } };`;
  const { registry } = await load(context, source, ['h'], { file: 'module.ts' });
  const hooks = await registry.hooks(['h']);
  const labels = await hooks.slaveRunTaskLabelDecorator(task, executor, framework, agent);
  assert.deepEqual(labels, { labels: [{ key: 'greeting', value: 'hello' }] });
  assert.equal(hooks.has('slaveRemoveExecutorHook'), false);
});

const bad: { name: string; body: string; log: RegExp; timeout?: string }[] = [
  { name: 'throws', body: "throw new Error('no labels today')", log: /failed for module 'h'.*no labels today/ },
  {
    name: 'loops for ever',
    body: 'for (;;);',
    log: /Module 'h' took too long in slaveRunTaskLabelDecorator/,
    timeout: '1',
  },
  { name: 'never answers', body: 'return new Promise(() => {})', log: /took too long/, timeout: '1' },
  {
    name: 'exits',
    body: 'process.exit(7)',
    log: /Module 'h' ended in slaveRunTaskLabelDecorator: it exited with code 7/,
  },
  {
    name: 'fails on the side',
    body: "setTimeout(() => { throw new Error('aside') }); return new Promise(() => {})",
    log: /failed with: aside/,
  },
  {
    name: 'uses up its memory',
    body: 'const all = []; for (;;) all.push(new Array(1e6).fill(all.length))',
    log: /took too long|memory/,
    timeout: '1',
  },
  {
    name: 'writes without end',
    body: `const write = () => { console.log('x'.repeat(1000)); setImmediate(write); }; write();
      return new Promise(() => {})`,
    log: /A module wrote(.|\n)*took too long/,
    timeout: '1',
  },
  { name: 'answers what is no message', body: 'return { labels: [{ value: 4 }] }', log: /failed for module 'h'/ },
  { name: 'answers what cannot be told', body: 'return { labels: () => {} }', log: /failed for module 'h'/ },
];
for (const { name, body, log: expected, timeout } of bad) {
  test(`a hook that ${name} changes nothing, and works again afterwards`, async context => {
    const once = `${decorate}(task) { if (task.name === 'web') { ${body} } return { labels: [] }; }`;
    const { registry, log } = await load(context, hook(once), ['h'], { ...(timeout && { timeout }) });
    const hooks = await registry.hooks(['h']);
    const decorated = (name: string) => hooks.slaveRunTaskLabelDecorator({ ...task, name }, executor, framework, agent);
    assert.deepEqual(await decorated('web'), task.labels);
    assert.match(log(), expected);
    assert.ok(log().length < 100_000);
    assert.deepEqual(await decorated('other'), { labels: [] });
  });
}

test('calls are counted by module and method, with what came of them', async context => {
  const body = `${decorate}({ name }) { if (name === 'bad') throw new Error('no'); if (name === 'late') for (;;); }`;
  const { registry, metrics } = await load(context, hook(body), ['h'], { timeout: '1' });
  const hooks = await registry.hooks(['h']);
  for (const name of ['good', 'bad', 'late']) {
    await hooks.slaveRunTaskLabelDecorator({ ...task, name }, executor, framework, agent);
  }
  const counts = ['calls', 'failures', 'timeouts', 'in_flight', 'latency_ms/count'].map(
    name => metrics.snapshot()[`modules/h/${decorate}/${name}`],
  );
  assert.deepEqual(counts, [3, 2, 1, 0, 3]);
});

test('calls under way fail when the daemon lets go of its modules', async context => {
  const { registry } = await load(context, isolator.replace('process.exit(1)', 'return new Promise(() => {})'), ['i']);
  const made = (await registry.isolator('i'))!;
  const failed = assert.rejects(made.isolate!(id, 13), /ended in isolate: the module is closed/);
  await registry.close();
  await failed;
});

test('where a failure must fail the launch it does, also when the module exits', async context => {
  const { registry } = await load(context, hook('slavePreLaunchDockerTaskExecutorDecorator() { process.exit() }'), [
    'h',
  ]);
  const hooks = await registry.hooks(['h']);
  const decorated = hooks.slavePreLaunchDockerTaskExecutorDecorator(task, executor, 'n', '/w', '/m', undefined);
  await assert.rejects(decorated, { code: 'HOOK_FAILED', message: /failed for module 'h': Module 'h' ended/ });
});

const isolator = `
  export default { i: { kind: 'isolator', create() {
    const known = new Map();
    return {
      supportsNesting: true,
      async recover(states) { for (const { container_id } of states) known.set(container_id.value, 'recovered'); },
      async prepare(id, config) {
        known.set(id.value, 'prepared');
        return { working_directory: config.directory };
      },
      async isolate(id, pid) { if (pid === 13) process.exit(1); },
      watch: (id, signal) => new Promise(resolve => {
        if (known.get(id.value) === 'recovered') resolve({ message: 'recovered and limited' });
        signal.addEventListener('abort', () => resolve(undefined));
      }),
      usage: async id => ({ timestamp: 1, processes: known.has(id.value) ? 2 : 0 }),
      cleanup: async id => { if (id.value !== 'c1') throw new Error('unknown'); known.delete(id.value); },
    };
  } } };`;

test('an isolator takes part in all phases; after a restart it recovers and watches on', async context => {
  const { registry } = await load(context, isolator, ['i']);
  const made = (await registry.isolator('i'))!;
  assert.equal(await registry.isolator('i'), made);
  assert.equal(made.supportsNesting, true);
  assert.deepEqual(await made.prepare!(id, config), { working_directory: '/sandbox' });
  const discard = new AbortController();
  const discarded = made.watch!(id, discard.signal);
  discard.abort();
  assert.equal(await discarded, undefined);
  const watch = made.watch!(id, new AbortController().signal);
  await assert.rejects(made.isolate!(id, 13), /ended in isolate: it exited with code 1/);
  assert.deepEqual(await watch, { message: 'recovered and limited' });
  assert.deepEqual(await made.usage!(id), { timestamp: 1, processes: 2 });
  assert.deepEqual(await made.status!(id), {});
  await made.cleanup!(id);
  await assert.rejects(made.cleanup!({ value: 'other' }), { message: 'unknown' });
});

test('the usage of an isolator that has none is the time', async context => {
  const { registry } = await load(context, "export default { i: { kind: 'isolator', create: () => ({}) } };", ['i']);
  const made = (await registry.isolator('i'))!;
  assert.deepEqual(await made.usage!(id), { timestamp: 7 });
});

test('an estimator and a controller are told of usage, and their answers are checked', async context => {
  const source = `
    export default {
      e: { kind: 'resource_estimator', create: () => ({
        oversubscribable: ({ total }) => total.map(each => ({ ...each, revocable: {} })),
      }) },
      c: { kind: 'qos_controller', create: () => ({
        corrections: ({ executors }) =>
          executors.map(({ executor_info: { framework_id, executor_id } }) =>
            ({ type: 'KILL', kill: { framework_id, executor_id } })),
      }) },
      bad: { kind: 'qos_controller', create: () => ({ corrections: () => [{ type: 'FREEZE' }] }) },
      none: { kind: 'resource_estimator', create: () => ({ oversubscribable: () => undefined }) },
      worse: { kind: 'qos_controller', create: () => ({ corrections: () => 'KILL' }) },
    };`;
  const { registry } = await load(context, source, ['e', 'c', 'bad', 'none', 'worse']);
  const framework_id = { value: 'f' };
  const total = [{ name: 'cpus', type: 'SCALAR' as const, scalar: { value: 2 } }];
  const usage = { total, executors: [{ executor_info: { ...executor, framework_id }, container_id: id }] };
  const estimator = await registry.resourceEstimator('e');
  assert.deepEqual(await estimator.oversubscribable(usage), [{ ...total[0], revocable: {} }]);
  assert.deepEqual(await (await registry.resourceEstimator('none')).oversubscribable(usage), []);
  const controller = await registry.qosController('c');
  const { executor_id } = executor;
  assert.deepEqual(await controller.corrections(usage), [{ type: 'KILL', kill: { framework_id, executor_id } }]);
  await assert.rejects((await registry.qosController('bad')).corrections(usage), /FREEZE/);
  await assert.rejects((await registry.qosController('worse')).corrections(usage), /must return an array/);
  await assert.rejects(registry.qosController('e'), { message: /of kind 'resource_estimator', not 'qos_controller'/ });
});

const fetcher = (body: string, name = 'f') =>
  `export default { ${name}: { kind: 'fetcher', create: () => (${body}) } };`;

test('a fetcher says how URIs are had', async context => {
  const source = fetcher(`{ schemes: ['s3', 's3a'], fetchBy: (uri, { uid }) =>
    uri === 's3://b/k' ? { url: 'https://b/k', headers: { uid: String(uid) } } : { command: ['echo', uri] } }`);
  const { registry } = await load(context, source, ['f']);
  const [made] = await registry.fetchers(['f']);
  assert.deepEqual(made?.schemes, ['s3', 's3a']);
  assert.deepEqual(await made?.fetchBy('s3://b/k', { uid: 7 }), { url: 'https://b/k', headers: { uid: '7' } });
  assert.deepEqual(await made?.fetchBy('s3a://x', {}), { command: ['echo', 's3a://x'], environment: {} });
});

const answers: [answer: string, message: RegExp][] = [
  ["{ url: 'file:///etc/shadow' }", /neither http:\/\/ nor https:\/\//],
  ["{ url: 'http://x', headers: { a: 1 } }", /something else than either 'url'/],
  ['{ command: [] }', /something else/],
  ["{ command: ['a\\0'] }", /something else/],
  ["{ command: ['a'], url: 'http://x' }", /something else/],
  ['undefined', /something else/],
];
for (const [answer, message] of answers) {
  test(`a fetcher may not answer ${answer}`, async context => {
    const { registry } = await load(context, fetcher(`{ schemes: ['x'], fetchBy: () => (${answer}) }`), ['f']);
    const [made] = await registry.fetchers(['f']);
    await assert.rejects(made!.fetchBy('x://y', {}), { message });
  });
}

for (const [schemes, message] of [
  ['undefined', /'schemes' name none/],
  ["['https']", /the agent itself fetches https:\/\//],
  ["['S3:']", /'S3:' is no scheme/],
] as const) {
  test(`a fetcher may not have the schemes ${schemes}`, async context => {
    const { registry } = await load(context, fetcher(`{ schemes: ${schemes} }`), ['f']);
    await assert.rejects(registry.fetchers(['f']), { code: 'MODULE_FAILED', message });
  });
}

test('two fetchers of one scheme, unknown and repeated ones are refused', async context => {
  const one = "{ kind: 'fetcher', create: () => ({ schemes: ['x'], fetchBy() {} }) }";
  const { registry } = await load(context, `export default { f: ${one}, g: ${one} }`, ['f', 'g']);
  await assert.rejects(registry.fetchers(['f', 'g']), { message: /module 'f' fetches x:\/\/, too/ });
  await assert.rejects(registry.fetchers(['f', 'f']), { code: 'MODULE_DUPLICATE' });
  await assert.rejects(registry.fetchers(['h']), {
    message: "No fetcher module named 'h' available, which --fetcher_modules asks for; --modules has f, g",
  });
});

const unusable: { name: string; source: string; message: RegExp }[] = [
  { name: 'has a syntax error', source: 'export default {', message: /Cannot use module 'h' of .*modules\.mjs/ },
  { name: 'lacks the module', source: 'export default {};', message: /its default export has no module 'h'/ },
  {
    name: 'is of another kind',
    source: isolator.replace(' i:', ' h:'),
    message: /it is of kind 'isolator', not 'hook'/,
  },
  {
    name: 'fails to make it',
    source: "export default { h: { kind: 'hook', create() { throw new Error('no'); } } };",
    message: /: no$/,
  },
  { name: 'exits', source: 'process.exit(3);', message: /it exited with code 3/ },
];
for (const { name, source, message } of unusable) {
  test(`a file that ${name} keeps the daemon from starting`, async context => {
    const { registry } = await load(context, source, ['h']);
    await assert.rejects(registry.hooks(['h']), { code: 'MODULE_FAILED', message });
  });
}
