import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { freePort } from './free-port.ts';

test('no port is given twice, in no process', async () => {
  // So many that some would be, of 20,000.
  const ports = await Promise.all(Array.from({ length: 500 }, freePort));
  const script = `
    const { freePort } = await import(${JSON.stringify(new URL('free-port.ts', import.meta.url).href)});
    console.log(JSON.stringify(await Promise.all(Array.from({ length: 500 }, freePort))));
  `;
  const argv = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script];
  const others = JSON.parse(execFileSync(process.execPath, argv, { encoding: 'utf8' })) as number[];
  assert.equal(new Set([...ports, ...others]).size, 1000);
});
