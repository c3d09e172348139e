import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createLogger, Metrics } from '@meseta/telemetry';
import { loadModules, type ModuleFlags } from './modules.ts';

const parameters = [{ key: 'module_name', value: 'm' }];
const library = (file: string, ...names: string[]) => ({
  libraries: [{ file, modules: names.map(name => ({ name, parameters })) }],
});
const bundled = '/tmp/mesos/modules/libmesos_command_modules.so';
const hookName = 'com_criteo_mesos_CommandHook';

async function load(context: TestContext, flags: ModuleFlags) {
  const runtimeDirectory = mkdtempSync(join(tmpdir(), 'modules-'));
  const lines: string[] = [];
  const log = createLogger({ program: 'test', stderr: { write: line => lines.push(line) } }, 'test');
  context.after(() => rmSync(runtimeDirectory, { recursive: true }));
  const registry = await loadModules(flags, { runtimeDirectory, log, metrics: new Metrics() });
  context.after(() => registry.close());
  return { registry, log: () => lines.join('') };
}

test("the original's library is ours, wherever its file is said to lie, under any number", async context => {
  const names = [hookName, 'com_criteo_mesos_CommandIsolator12'];
  const { registry } = await load(context, { modules: library(bundled, ...names) });
  assert.deepEqual(registry.names, names);
  await registry.hooks([hookName]);
  assert.equal(
    (await registry.isolator('com_criteo_mesos_CommandIsolator12'))?.name,
    'com_criteo_mesos_CommandIsolator12',
  );
  assert.equal(await registry.isolator('posix/cpu'), undefined);
});

test('files of a directory are read in the order of their names', async context => {
  const directory = mkdtempSync(join(tmpdir(), 'modules-dir-'));
  context.after(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'b.json'), JSON.stringify(library(bundled, `${hookName}2`)));
  writeFileSync(join(directory, 'a.json'), JSON.stringify(library(bundled, hookName)));
  const { registry } = await load(context, { modules_dir: directory });
  assert.deepEqual(registry.names, [hookName, `${hookName}2`]);
});

test('a key nobody knows is a warning', async context => {
  const modules = library(bundled, hookName);
  const typo = { key: 'hook_slave_run_task_label_decorator', value: '/x' };
  const libraries = [{ name: 'command_modules', modules: [{ name: hookName, parameters: [...parameters, typo] }] }];
  const { log } = await load(context, { modules: { ...modules, libraries } });
  assert.match(log(), /parameter 'hook_slave_run_task_label_decorator' is unknown/);
});

const refused: { name: string; modules: unknown; code: string; message: RegExp }[] = [
  { name: 'no object', modules: [], code: 'MODULES_INVALID', message: /--modules: Expecting a JSON object/ },
  {
    name: 'a native library',
    modules: library('/usr/lib/libother.so', 'org_example'),
    code: 'MODULE_NATIVE',
    message: /'\/usr\/lib\/libother\.so': native modules .* ES module/,
  },
  {
    name: 'a library by name only',
    modules: { libraries: [{ name: 'other' }] },
    code: 'MODULE_NATIVE',
    message: /'other'/,
  },
  {
    name: 'another kind of file',
    modules: library('/x.py', 'a'),
    code: 'MODULES_INVALID',
    message: /expecting a \.js/,
  },
  {
    name: 'an object without libraries',
    modules: { library: [] },
    code: 'MODULES_INVALID',
    message: /--modules: it has no "libraries"/,
  },
  {
    name: 'a file that is missing',
    modules: library('/x.mjs', 'a'),
    code: 'MODULES_INVALID',
    message: /'\/x\.mjs': no such file or directory \(ENOENT\)$/,
  },
  { name: 'one name twice', modules: library(bundled, hookName, hookName), code: 'MODULE_DUPLICATE', message: /twice/ },
  {
    name: 'a module that the library lacks',
    modules: library(bundled, 'other'),
    code: 'MODULE_UNKNOWN',
    message: /no module 'other'/,
  },
  {
    name: 'a bad parameter',
    modules: { libraries: [{ name: 'command_modules', modules: [{ name: hookName }] }] },
    code: 'MODULE_PARAMETER',
    message: /Module 'com_criteo_mesos_CommandHook', parameter 'module_name': it is required/,
  },
];
for (const { name, modules, code, message } of refused) {
  test(`refused: ${name}`, context => assert.rejects(load(context, { modules }), { code, message }));
}

test('a directory that is not there is named, as is what cannot be read in one', async context => {
  await assert.rejects(load(context, { modules_dir: '/nope' }), {
    code: 'MODULES_INVALID',
    message: "Cannot read --modules_dir '/nope': no such file or directory (ENOENT)",
  });
  const directory = mkdtempSync(join(tmpdir(), 'modules-dir-'));
  context.after(() => rmSync(directory, { recursive: true }));
  symlinkSync('nowhere', join(directory, 'a.json'));
  await assert.rejects(load(context, { modules_dir: directory }), {
    message: `Cannot read modules from '${directory}/a.json': no such file or directory (ENOENT)`,
  });
});

const hookLists: [names: string[], code: string, message: RegExp][] = [
  [
    ['unknown'],
    'MODULE_UNKNOWN',
    /No hook module named 'unknown' available, which --hooks asks for; --modules has com_criteo/,
  ],
  [['com_criteo_mesos_CommandIsolator'], 'MODULE_UNKNOWN', /No hook module named/],
  [[hookName, hookName], 'MODULE_DUPLICATE', /given twice in --hooks/],
];
for (const [names, code, message] of hookLists) {
  test(`--hooks=${names}`, async context => {
    const { registry } = await load(context, {
      modules: library(bundled, hookName, 'com_criteo_mesos_CommandIsolator'),
    });
    await assert.rejects(registry.hooks(names), { code, message });
  });
}

test('a hook is no isolator', async context => {
  const { registry } = await load(context, { modules: library(bundled, hookName) });
  await assert.rejects(registry.isolator(hookName), { code: 'MODULE_UNKNOWN', message: /is a hook, not an isolator/ });
});
