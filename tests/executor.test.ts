/** The stand-alone executor under an agent of ours, through what may come between. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { CommandInfo, TaskInfo } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';

const meseta = path.resolve(import.meta.dirname, '../packages/cli/bin/meseta.mjs');
/** The stand-alone executor needs Node.js in PATH to be started by its own name. */
const environment = {
  variables: [{ name: 'PATH', value: `${path.dirname(process.execPath)}:${process.env.PATH}` }],
};
const build = path.resolve(import.meta.dirname, '../packages/executor/build.ts');
const read = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '');

for (const meanwhile of ['runs on', 'ends'] as const) {
  test(`the agent is killed and comes back; the task ${meanwhile} meanwhile`, async t => {
    const cluster = await Cluster.start(t);
    const framework = await cluster.framework();
    const at = (name: string) => path.join(cluster.directory, name);
    const hook = `echo "$1" >> ${at('events')}`;
    const command = `trap 'echo bye > ${at('bye')}; exit' TERM; echo > ${at('up')}; while [ ! -e ${at('go')} ]; do sleep 0.02; done; exit 3`;
    const task: Partial<TaskInfo> = {
      executor: {
        executor_id: { value: 'own' },
        command: {
          value: `exec '${process.execPath}' '${meseta}' executor -- ${command}`,
          environment: { variables: [{ name: 'MESETA_EXECUTOR_EXEC_HOOK_COMMAND', value: hook }] },
        },
      },
      health_check: {
        type: 'COMMAND',
        command: { value: `test -e ${at('up')}` },
        delay_seconds: 0,
        interval_seconds: 0.1,
      },
    };
    await framework.run({ task_id: { value: 'a' }, ...task });
    await eventually('health', () => framework.statusesOf('a').some(({ healthy }) => healthy));
    await cluster.agent.kill();
    if (meanwhile === 'ends') {
      writeFileSync(at('go'), '');
      await eventually('its end', () => read(at('events')).includes('BeforeTerminate'));
    }
    await cluster.agent.start();
    await cluster.registered(cluster.agent);
    if (meanwhile === 'ends') {
      const { message } = await framework.reaches('a', 'TASK_FAILED');
      assert.equal(message, 'Command exited with status 3');
    } else {
      await framework.call({ type: 'KILL', kill: { task_id: { value: 'a' } } });
      await framework.reaches('a', 'TASK_KILLED');
      assert.equal(read(at('bye')), 'bye\n');
    }
    const end = meanwhile === 'ends' ? ['TASK_FAILED'] : ['TASK_KILLING', 'TASK_KILLED'];
    // One whose acknowledgement died with the agent comes twice.
    const states = new Map(framework.statusesOf('a').map(({ uuid, state }) => [uuid, state]));
    assert.deepEqual([...states.values()], ['TASK_STARTING', 'TASK_RUNNING', 'TASK_RUNNING', ...end]);
    assert.equal(read(at('events')), 'BeforeTaskStart\nAfterTaskStart\nAfterTaskHealthy\nBeforeTerminate\n');
  });
}

/** How Marathon starts an executor that is a file: it is fetched, made executable, and the rest is the task's command. */
const marathon = (file: string, command: string) => `chmod ug+rx './${file}' && exec './${file}' ${command}`;

test('the bundle is fetched and started by its own name, as Marathon does it', async t => {
  const cluster = await Cluster.start(t);
  await promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', build, cluster.directory]);
  const bundle = path.join(cluster.directory, 'executor.cjs');
  const ran = path.join(cluster.directory, 'ran');
  const framework = await cluster.framework();
  const starts: [id: string, command: CommandInfo][] = [
    // As with "executor": "./executor" and "executor": "./executor.cjs".
    [
      'marathon',
      { value: marathon('executor', `echo marathon >> ${ran}`), uris: [{ value: bundle, output_file: 'executor' }] },
    ],
    [
      'marathon-cjs',
      { value: marathon('executor.cjs', `sh -c 'echo cjs | tee -a ${ran}'`), uris: [{ value: bundle }] },
    ],
    [
      'executable',
      { value: `exec ./executor.cjs -- echo executable >> ${ran}`, uris: [{ value: bundle, executable: true }] },
    ],
    [
      'without-shell',
      {
        ...{
          shell: false,
          value: './executor.cjs',
          arguments: ['executor.cjs', '--', 'sh', '-c', `echo argv >> ${ran}`],
        },
        uris: [{ value: bundle, executable: true }],
      },
    ],
  ];
  for (const [id, command] of starts) {
    const executor = { executor_id: { value: id }, command: { ...command, environment } };
    await framework.run({ task_id: { value: id }, executor });
    await framework.reaches(id, 'TASK_FINISHED');
  }
  assert.equal(read(ran), 'marathon\ncjs\nexecutable\nargv\n');
});

test("a command of which the agent's shell would run a part as well is refused", async t => {
  const cluster = await Cluster.start(t);
  const framework = await cluster.framework();
  const ran = path.join(cluster.directory, 'ran');
  const launch = async (id: string, command: string) => {
    const value = `exec '${process.execPath}' '${meseta}' executor -- ${command}`;
    const executor = { executor_id: { value: id }, command: { value } };
    await framework.run({ task_id: { value: id }, executor });
  };
  await launch('refused', `echo a | tee -a ${ran}`);
  assert.match((await framework.reaches('refused', 'TASK_FAILED')).message ?? '', /agent's shell .*'\|'.*-- sh -c/);
  assert.equal(read(ran), '');
  await launch('once', `sh -c 'echo a | tee -a ${ran}'`);
  await framework.reaches('once', 'TASK_FINISHED');
  assert.equal(read(ran), 'a\n');
});
