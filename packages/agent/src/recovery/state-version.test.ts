/** Agents read the state that earlier ones wrote, and refuse that of newer ones. */
import assert from 'node:assert/strict';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ReregisterSlaveMessage, UpdateOperationStatusMessage } from '@meseta/protocol';
import { writeStoredState } from '../testing/stored-state.ts';
import { type Bench, bench, startTestAgent } from '../testing/test-agent.ts';
import { stateVersion } from './state-version.ts';

const files = ['work/meta/version', 'run/version'];

/** The state of {@link writeStoredState} in the directories of a bench. */
async function stored(at: Bench): Promise<void> {
  await writeStoredState(at.directory, 0);
  await rename(join(at.directory, 'runtime'), join(at.directory, 'run'));
}

const flags = ['--hostname=agent.example', '--executor_reregistration_timeout=15secs'];

test('state without a version is read, and gets one', async t => {
  const at = await bench(t);
  await stored(at);
  await rm(join(at.directory, 'work/meta/slaves/test-S0/drain.config'));
  const agent = await startTestAgent(at, ...flags);
  at.onEnd(() => agent.shutdown());
  const { tasks = [] } = await at.master.untilReceived(ReregisterSlaveMessage);
  const names = ['driver-task', 'finished', 'http-task', 'killed', 'pod-1', 'pod-2', 'running'];
  assert.deepEqual(tasks.map(({ task_id }) => task_id.value).sort(), names);
  assert.equal(agent.context.metrics.counter('slave/recovery_errors').value, 0);
  await at.master.until('finished', 'TASK_FINISHED');
  await at.master.until('killed', 'TASK_KILLED');
  const lost = names.filter(name => name !== 'finished' && name !== 'killed');
  await Promise.all(lost.map(name => at.master.until(name, 'TASK_FAILED')));
  const volumes = agent.context.agent.checkpointedResources.toArray();
  assert.equal(volumes[0]?.disk?.persistence?.id, 'v');
  await at.master.untilReceived(UpdateOperationStatusMessage);
  for (const file of files) assert.equal(await readFile(join(at.directory, file), 'utf8'), `${stateVersion}\n`);
});

test('state of a newer agent is refused, and left as it is', async t => {
  const at = await bench(t);
  await stored(at);
  for (const file of files) {
    const path = join(at.directory, file);
    await writeFile(path, `${stateVersion + 1}\n`);
    for (const strictness of ['--strict', '--no-strict']) {
      await assert.rejects(startTestAgent(at, ...flags, strictness), {
        code: 'RECOVERY_FAILED',
        message: new RegExp(
          `'${path}' says .* version ${stateVersion + 1}; the newest that this agent reads is ${stateVersion}\\. Start the newer`,
        ),
      });
    }
    assert.equal(await readFile(path, 'utf8'), `${stateVersion + 1}\n`);
    await rm(path);
  }
});
