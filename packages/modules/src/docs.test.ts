/** What the guides in docs/ show works as it stands. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Metrics } from '@meseta/telemetry';
import { silentLogger } from '@meseta/telemetry/testing';
import { loadModules } from './modules.ts';
import { agent, config, executor, framework, id, task } from './testing/messages.ts';

const guide = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');

function block(name: string, language: string): string {
  return new RegExp(`\`\`\`${language}\\b[^\\n]*\\n(.*?)\`\`\``, 's').exec(guide(name))?.[1] ?? '';
}

async function load(context: TestContext, name: string, change: (json: string, directory: string) => string) {
  const runtimeDirectory = mkdtempSync(join(tmpdir(), 'modules-'));
  const modules = JSON.parse(change(block(name, 'json'), runtimeDirectory));
  const registry = await loadModules({ modules }, { runtimeDirectory, log: silentLogger(), metrics: new Metrics() });
  context.after(async () => {
    await registry.close();
    rmSync(runtimeDirectory, { recursive: true });
  });
  return registry;
}

test('writing-a-module.md', async context => {
  const registry = await load(context, 'writing-a-module.md', (json, directory) => {
    writeFileSync(join(directory, 'example.ts'), block('writing-a-module.md', 'ts'));
    return json.replace('/etc/meseta/example.ts', join(directory, 'example.ts')).replace('"60"', '"0.01"');
  });
  const hooks = await registry.hooks(['org_example_Hook']);
  const labels = await hooks.slaveRunTaskLabelDecorator(task, executor, framework, agent);
  assert.deepEqual(labels?.labels?.at(-1), { key: 'datacenter', value: 'paris' });
  const environment = await hooks.slaveExecutorEnvironmentDecorator(executor);
  assert.deepEqual(environment?.variables?.at(-1), { name: 'DATACENTER', value: 'paris' });
  await hooks.slaveRemoveExecutorHook(framework, executor);
  const curfew = await registry.isolator('org_example_Curfew');
  assert.deepEqual(await curfew?.watch?.(id, new AbortController().signal), {
    message: 'ran for 0.01 s',
    reason: 'REASON_CONTAINER_LIMITATION',
  });
});

test('command-modules.md', async context => {
  const registry = await load(context, 'command-modules.md', (json, directory) => {
    const script = join(directory, 'slaveRunTaskLabelDecorator.sh');
    const [, text = ''] = /```sh[^\n]*\n(#!.*?)```/s.exec(guide('command-modules.md')) ?? [];
    writeFileSync(script, text, { mode: 0o755 });
    return json.replace('/opt/mesos/modules/slaveRunTaskLabelDecorator.sh', script);
  });
  const hooks = await registry.hooks(['com_criteo_mesos_CommandHook']);
  const labels = await hooks.slaveRunTaskLabelDecorator(task, executor, framework, agent);
  assert.deepEqual(labels, { labels: [{ key: 'datacenter', value: 'paris' }] });
  assert.ok(hooks.has('slaveRunTaskLabelDecorator') && !hooks.has('slaveTaskStatusDecorator'));
  assert.ok(await registry.isolator('com_criteo_mesos_CommandIsolator'));
});

test('command-modules.md: the program of persistent mode', async context => {
  const registry = await load(context, 'command-modules.md', (_, directory) => {
    const program = join(directory, 'program.mjs');
    writeFileSync(program, block('command-modules.md', 'js'));
    const command = join(directory, 'program');
    writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${program}'\n`, { mode: 0o755 });
    const keys = ['isolator_usage_command', 'isolator_prepare_command'].map(key => ({ key, value: command }));
    const parameters = [{ key: 'module_name', value: 'm' }, { key: 'mode', value: 'persistent' }, ...keys];
    const modules = [{ name: 'com_criteo_mesos_CommandIsolator', parameters }];
    return JSON.stringify({ libraries: [{ name: 'command_modules', modules }] });
  });
  const isolator = await registry.isolator('com_criteo_mesos_CommandIsolator');
  await assert.rejects(isolator!.prepare!(id, config), /Cause: methods\[method\] is not a function/);
  assert.equal((await isolator!.usage!(id)).processes, 3);
});
