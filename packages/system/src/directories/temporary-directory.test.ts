import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually, needs } from '../testing/index.ts';
import { makeTemporaryDirectory } from './temporary-directory.ts';

interface Maker {
  readonly path: string;
  kill(): Promise<void>;
}

/** An empty directory that is the system's temporary one until the end of the test, and processes that use it. */
function scratch(t: TestContext) {
  const { TMPDIR } = process.env;
  const parent = mkdtempSync(join(tmpdir(), 'temporary-'));
  process.env.TMPDIR = parent;
  const makers: Maker[] = [];
  t.after(async () => {
    for (const each of makers) await each.kill();
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    rmSync(parent, { recursive: true });
  });
  return {
    parent,
    async start(prefix = 'meseta-'): Promise<Maker> {
      const made = await startMaker(prefix);
      makers.push(made);
      return made;
    },
  };
}

/** Starts a process that makes a directory with a file in it, and then waits. */
async function startMaker(prefix: string): Promise<Maker> {
  const module = new URL('./temporary-directory.ts', import.meta.url).href;
  const script = `
    const { makeTemporaryDirectory } = await import('${module}');
    process.stdout.write(await makeTemporaryDirectory('${prefix}'));
    setInterval(() => {}, 1e9);`;
  const argv = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [path] = await once(child.stdout, 'data');
  mkdirSync(join(String(path), 'below'));
  writeFileSync(join(String(path), 'below/file'), '');
  return {
    path: String(path),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

test('directories of killed processes are removed by the next one, those of running processes are not', async t => {
  const { parent, start } = scratch(t);
  const [killed, alsoKilled, runs] = [await start(), await start('meseta-stdin-'), await start()];
  const own = await makeTemporaryDirectory('meseta-');
  await killed.kill();
  await alsoKilled.kill();
  const next = await makeTemporaryDirectory('meseta-');
  await eventually('the removal', () => !existsSync(killed.path) && !existsSync(alsoKilled.path));
  assert.deepEqual(readdirSync(parent).sort(), [own, next, runs.path].map(path => basename(path)).sort());
  assert.equal(statSync(next).mode & 0o7777, 0o700);
});

const kept: { name: string; make: (path: string) => void; rename?: (name: string) => string; root?: true }[] = [
  { name: 'is a link', make: path => symlinkSync('..', path) },
  { name: 'is a file', make: path => writeFileSync(path, '') },
  { name: 'others may write to', make: path => mkdirSync(path) ?? chmodSync(path, 0o770) },
  { name: 'another user made', make: path => mkdirSync(path) ?? chownSync(path, 1, 1), root: true },
  {
    name: 'is of another boot, machine or PID namespace',
    make: path => mkdirSync(path),
    rename: name => name.replace(/-[0-9a-f]{8}-/, '-00000000-'),
  },
  { name: 'is of another program', make: path => mkdirSync(path), rename: name => `x${name}` },
];
for (const { name, make, rename = (same: string) => same, root } of kept) {
  test(`one that ${name} is not removed`, root ? needs.root('it is made as another user') : {}, async t => {
    const { parent, start } = scratch(t);
    const [killed, alsoKilled] = [await start(), await start()];
    for (const each of [killed, alsoKilled]) await each.kill();
    rmSync(killed.path, { recursive: true });
    const path = join(parent, rename(basename(killed.path)));
    make(path);
    await makeTemporaryDirectory('meseta-');
    await eventually('the removal of the other one', () => !existsSync(alsoKilled.path));
    assert.ok(readdirSync(parent).includes(basename(path)));
  });
}
