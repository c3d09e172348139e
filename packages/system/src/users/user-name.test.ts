import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { userInfo } from 'node:os';
import { test } from 'node:test';
import { needs } from '../testing/index.ts';
import { userName } from './user-name.ts';

test('a user has a name', () => assert.equal(userName(), userInfo().username));

test('a user without a name has a number', needs.root('a process becomes another user'), () => {
  const module = new URL('./user-name.ts', import.meta.url).href;
  const script = `const { userName } = await import('${module}'); process.setuid(54321); console.log(userName());`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.equal(output, '54321\n');
});
