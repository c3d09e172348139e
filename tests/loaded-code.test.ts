/** Daemons do not load large code that most of them never run: each would hold it in memory, and collect garbage around it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);

for (const daemon of ['agent', 'master']) {
  test(`the ${daemon} loads no HTTP client of browsers and no undici before it needs one`, async () => {
    const program = `
      import Module from 'node:module';
      await import('@meseta/${daemon}');
      const own = Object.keys(Module._cache).filter(path => path.includes('/node_modules/undici/'));
      console.log(JSON.stringify([...own, ...process.moduleLoadList.filter(name => name.includes('undici'))]));
    `;
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: import.meta.dirname,
    });
    assert.deepEqual(JSON.parse(stdout), []);
  });
}
