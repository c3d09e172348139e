/** What is said when the helper process cannot be started. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { test } from 'node:test';

const module = new URL('spawner.ts', import.meta.url).href;

/** Starts it with so many file descriptors left. */
const script = (left: number) => `
  const { openSync, closeSync } = await import('node:fs');
  const { Spawner } = await import(${JSON.stringify(module)});
  const opened = [];
  try { for (;;) opened.push(openSync('/dev/null')); } catch {}
  for (const fd of opened.splice(0, ${left})) closeSync(fd);
  const said = await Spawner.start(process.argv[1], [], () => {}).catch(({ code, message }) => code + ' ' + message);
  for (const fd of opened) closeSync(fd);
  console.log(said);
  process.exit();`;

for (const left of [0, 3, 6]) {
  test(`with ${left} file descriptors left the start fails with the reason`, () => {
    const words = [
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      '--input-type=module',
      '-e',
      script(left),
    ];
    const argv = ['-c', 'ulimit -n 100 && exec "$@"', 'sh', ...words, tmpdir()];
    const said = execFileSync('/bin/sh', argv, { encoding: 'utf8' });
    assert.match(said, /^SPAWNER Cannot start the process that launches containers: too many open files \(EMFILE\)$/m);
  });
}
