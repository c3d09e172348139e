import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseFlags, systemClock } from '@meseta/daemon';
import { checkId } from '@meseta/protocol';
import { agentFlags } from './flags.ts';
import { showFiles } from './sandboxes.ts';
import { Executor } from './state/executor.ts';
import { Framework } from './state/framework.ts';
import { eventually } from './testing/eventually.ts';
import { recordedAgent, recording, temporaryDirectory, viewContext } from './testing/recorded-agent.ts';

/** An agent with one framework, whose completed executors beyond the first are forgotten. */
async function setUp(directory: string) {
  const agent = recordedAgent();
  agent.frameworks.clear();
  const timers: (() => void)[] = [];
  const clock = {
    ...systemClock,
    after(_: number, f: () => void) {
      timers.push(f);
      return () => undefined;
    },
  };
  const context = viewContext(agent, { clock });
  const framework = new Framework(checkId('f'), { name: 'f', user: 'u' }, undefined, 1);
  agent.frameworks.set(framework.id, framework);
  await showFiles(context);
  const start = async (id: string, container: string) => {
    const runs = join(directory, 'executors', id, 'runs', container);
    await mkdir(runs, { recursive: true });
    await writeFile(join(runs, 'stdout'), container);
    const executor = new Executor({
      id: checkId(id),
      frameworkId: framework.id,
      info: { executor_id: { value: id } },
      containerId: checkId(container),
      directory: runs,
      user: undefined,
      isCommand: true,
      checkpoint: false,
    });
    framework.executors.set(executor.id, executor);
    agent.notify(observer => observer.sandboxMade?.(executor));
    await eventually(
      () => context.files.debug()[runs],
      () => `the sandbox of ${id}`,
    );
    return executor;
  };
  const end = (executor: Executor) => {
    framework.executors.delete(executor.id);
    agent.notify(observer => observer.executorTerminated?.(executor));
    framework.completedExecutors.add(executor.containerId, executor);
  };
  return { context, start, end, sweep: () => timers.splice(0).map(f => f()) };
}

test('a sandbox has the three names that Mesos gives it', async t => {
  const directory = await temporaryDirectory(t);
  const { context, start } = await setUp(directory);
  const { directory: real } = await start('e', 'c');
  const names = Object.keys(context.files.debug());
  assert.deepEqual(names.sort(), [
    '/frameworks/f/executors/e/runs/latest',
    join(directory, 'executors/e/runs/c'),
    join(directory, 'executors/e/runs/latest'),
  ]);
  assert.deepEqual(new Set(Object.values(context.files.debug())), new Set([real]));
  // The recording has the same kinds of names, and no others.
  const kinds = /^(\/frameworks\/[^/]+\/executors\/[^/]+\/runs\/latest|\/.*\/runs\/(latest|[0-9a-f-]{36}))$/;
  for (const name of Object.keys(recording('files_debug').response.body)) assert.match(name, kinds);
});

test('a sandbox is shown until no view knows its executor', async t => {
  const { context, start, end, sweep } = await setUp(await temporaryDirectory(t));
  const first = await start('e', 'one');
  end(first);
  sweep();
  assert.ok(first.directory in context.files.debug(), 'the history has it');
  const second = await start('e', 'two');
  end(second);
  sweep();
  const shown = context.files.debug();
  assert.ok(!(first.directory in shown));
  assert.equal(shown['/frameworks/f/executors/e/runs/latest'], second.directory, 'the latest run stays');
  assert.equal(sweep().length, 0, 'nothing is waited for when nothing ends');
});

test('a sandbox that is not there is no failure', async t => {
  const { context } = await setUp(await temporaryDirectory(t));
  const [executor] = recordedAgent().executors();
  if (!executor) throw new Error('Nothing runs');
  context.agent.notify(observer => observer.sandboxMade?.(executor));
  await assert.rejects(context.files.browse(executor.directory), { code: 'NOT_FOUND' });
});

test('the log of whoever keeps it is /slave/log', async t => {
  const file = join(await temporaryDirectory(t), 'agent.log');
  await writeFile(file, 'a line\n');
  const argv = ['--work_dir=/x', '--master=127.0.0.1:5050', `--external_log_file=${file}`];
  const context = viewContext(recordedAgent(), { flags: parseFlags(agentFlags, argv).flags });
  await showFiles(context);
  const { data } = await context.files.read('/slave/log', 0);
  assert.equal(data.toString(), 'a line\n');
});
