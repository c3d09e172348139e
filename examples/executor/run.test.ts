import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const program = fileURLToPath(new URL('./run.ts', import.meta.url));

test('the example does what its guide says', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', program]);
  assert.deepEqual(stdout.trimEnd().split('\n'), [
    'TASK_STARTING',
    'TASK_RUNNING',
    'TASK_RUNNING healthy',
    'TASK_KILLING',
    'TASK_KILLED  Command exited with status 0',
    '',
    'stdout:',
    'Hello, world, good-bye',
    '',
    'events.log:',
    ...['BeforeTaskStart', 'AfterTaskStart', 'AfterTaskHealthy', 'BeforeTerminate'].map(event => `${event} world`),
  ]);
});
