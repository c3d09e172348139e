import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { bench, startTestAgent } from '../testing/test-agent.ts';

const parameters = [{ key: 'module_name', value: 'test' }];
const hook = { name: 'com_criteo_mesos_CommandHook', parameters };
const modules = `--modules=${JSON.stringify({ libraries: [{ name: 'command_modules', modules: [hook] }] })}`;

const mistakes: { isolation: string; code: string }[] = [
  { isolation: 'posix/cpu,org_example_None', code: 'ISOLATOR_UNKNOWN' },
  { isolation: 'posix/cpu,posix/cpu', code: 'ISOLATOR_DUPLICATE' },
  { isolation: 'posix/cpu,com_criteo_mesos_CommandHook', code: 'MODULE_UNKNOWN' },
];
for (const { isolation, code } of mistakes) {
  test(`--isolation=${isolation} is refused before the agent makes a directory`, async t => {
    const at = await bench(t);
    await assert.rejects(startTestAgent(at, modules, `--isolation=${isolation}`), { code });
    assert.deepEqual(readdirSync(at.directory), []);
  });
}
