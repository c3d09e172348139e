/** The stand-alone executor under an agent of ours, through what may come between. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { eventually } from '@meseta/process/testing';
import type { TaskInfo } from '@meseta/protocol';
import { Cluster } from './support/cluster.ts';

const meseta = path.resolve(import.meta.dirname, '../packages/cli/bin/meseta.mjs');
const read = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '');

for (const meanwhile of ['runs on', 'ends'] as const) {
  test(`the agent is killed and comes back; the task ${meanwhile} meanwhile`, async t => {
    const cluster = await Cluster.start(t);
    const framework = await cluster.framework();
    const at = (name: string) => path.join(cluster.directory, name);
    const hook = `echo "$1" >> ${at('events')}`;
    const command = `trap 'echo bye > ${at('bye')}; exit' TERM; while [ ! -e ${at('go')} ]; do sleep 0.02; done; exit 3`;
    const task: Partial<TaskInfo> = {
      executor: {
        executor_id: { value: 'own' },
        command: {
          value: `exec '${process.execPath}' '${meseta}' executor -- ${command}`,
          environment: { variables: [{ name: 'MESETA_EXECUTOR_EXEC_HOOK_COMMAND', value: hook }] },
        },
      },
      health_check: { type: 'COMMAND', command: { value: 'true' }, delay_seconds: 0 },
    };
    await framework.launch(await framework.offer(), [{ task_id: { value: 'a' }, ...task }]);
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
    const told = new Map(framework.statusesOf('a').map(({ uuid, state }) => [uuid, state]));
    assert.deepEqual([...told.values()], ['TASK_STARTING', 'TASK_RUNNING', 'TASK_RUNNING', ...end]);
    assert.equal(read(at('events')), 'BeforeTaskStart\nAfterTaskStart\nAfterTaskHealthy\nBeforeTerminate\n');
  });
}
