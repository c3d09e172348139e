import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../../tests/support/daemon.ts';

const program = fileURLToPath(new URL('./run.sh', import.meta.url));

test('the example does what its guide says', async () => {
  const env = { ...process.env, MASTER_PORT: String(await freePort()), AGENT_PORT: String(await freePort()) };
  const { stdout } = await promisify(execFile)('sh', [program], { env });
  assert.deepEqual(
    stdout
      .trimEnd()
      .replace(/run-\w+/g, 'TASK')
      .split('\n'),
    [
      "The hook's variable and prepare's directory are there:",
      'DATACENTER=example',
      'SCRATCH is a directory',
      'A container that fills its directory is ended by the watch command:',
      'Every directory was removed by cleanup:',
      '0 left',
      "What say-goodbye printed is in the agent's log:",
      'executor TASK is gone',
      'executor TASK is gone',
    ],
  );
});
