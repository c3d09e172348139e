/** The helper process: what is said when it cannot be started, and what it does with shims that are killed. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { isAlive } from '@meseta/system';
import { eventually } from '@meseta/system/testing';
import type { ShimEvent } from '../shim/events.ts';
import { launchRequest } from './launch-request.ts';
import { type LaunchSpec, pause } from './launcher.ts';
import { Harness, id } from './launchers/testing/harness.ts';
import { checkpointsPath, eventsPath } from './paths.ts';
import { ShimEventStream } from './shim-event-stream.ts';
import { Spawner } from './spawner.ts';

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

test('a shim that is killed when it has just ended its container does not get another one', async t => {
  const harness = await Harness.make(t);
  const { runtimeDirectory } = harness;
  mkdirSync(checkpointsPath(runtimeDirectory), { recursive: true });
  const spawner = await Spawner.start(runtimeDirectory, [], () => {});
  const events: ShimEvent[] = [];
  const stream = new ShimEventStream(
    eventsPath(runtimeDirectory),
    event => events.push(event),
    () => {},
  );
  t.after(() => {
    stream.close();
    return spawner.stop();
  });
  const until = (type: string, of: string) =>
    eventually(`${of} ${type}`, () => events.find(event => event.type === type && event.id === of));
  const holder: LaunchSpec = { ...harness.shell(''), file: pause, argv: [] };
  const [first, second] = [id('first'), id('second')];
  spawner.send(launchRequest(first, holder, undefined));
  const ready = await until('ready', first);
  assert.ok(ready.type === 'ready');
  spawner.send(['go', first]);
  spawner.send(['abort', first]);
  await until('exited', first);
  // It waits for its next container. It stays for a while although it is killed: processes that are stopped by a tracer,
  // frozen, or have no processor do.
  for (const words of [['kill', first], ['release', first], launchRequest(second, holder, undefined)]) {
    spawner.send(words);
  }
  const other = await until('ready', second);
  assert.ok(other.type === 'ready');
  assert.notEqual(other.shim.pid, ready.shim.pid);
  await eventually('the end of the first', () => !isAlive(ready.shim));
  assert.ok(!events.some(({ type }) => type === 'lost'));
  spawner.send(['abort', second]);
  await until('failed', second);
});
