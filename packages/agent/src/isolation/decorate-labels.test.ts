/** Labels of tasks that custom executors run are decorated before they are handed over. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { KillTaskMessage } from '@meseta/protocol';
import { frameworkId } from '../testing/scripted-master.ts';
import { bench, startTestAgent } from '../testing/test-agent.ts';

/** Labels a task with its name; the longer the name, the longer it takes. */
const hook = `export default { org_example_Hook: { kind: 'hook', create: () => ({
  async slaveRunTaskLabelDecorator({ name }) {
    await new Promise(resolve => setTimeout(resolve, 20 * name.length));
    return { labels: [{ key: 'name', value: name }] };
  },
}) } };`;

test('tasks of an executor keep their order, those killed meanwhile are not handed over', async t => {
  const at = await bench(t);
  const { master, directory } = at;
  const file = join(directory, 'hook.mjs');
  writeFileSync(file, hook);
  const modules = { libraries: [{ file, modules: [{ name: 'org_example_Hook' }] }] };
  const agent = await startTestAgent(at, `--modules=${JSON.stringify(modules)}`, '--hooks=org_example_Hook');
  at.onEnd(() => agent.shutdown());
  const framework_id = { value: frameworkId };
  const program = fileURLToPath(new URL('../testing/http-executor.ts', import.meta.url));
  const value = `exec '${process.execPath}' --disable-warning=ExperimentalWarning '${program}'`;
  const executor = { executor_id: { value: 'custom' }, command: { value }, framework_id };
  const names = ['a-very-long-name', 'b', 'killed-while-it-waits', 'c'];
  for (const id of names) master.run({ id, executor });
  master.send(KillTaskMessage, { framework_id, task_id: { value: 'killed-while-it-waits' } });

  for (const id of ['a-very-long-name', 'b', 'c']) await master.until(id, 'TASK_RUNNING');
  assert.deepEqual(master.states('killed-while-it-waits'), ['TASK_KILLED']);
  // What was handed over, in that order. The executor's updates come by several connections.
  const [custom] = agent.context.agent.executors();
  const labels = [...(custom?.launchedTasks.values() ?? [])].map(task => task.labels?.labels);
  assert.deepEqual(
    labels,
    ['a-very-long-name', 'b', 'c'].map(name => [{ key: 'name', value: name }]),
  );
});
