import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { type SqliteOptions, type Storage, sqliteEngine } from './index.ts';

function directoryFor(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'sqlite-'));
  context.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

async function opened(context: TestContext, path: string, options?: SqliteOptions): Promise<Storage> {
  const storage = await sqliteEngine(path, options).openTerm();
  context.after(() => storage.close());
  return storage;
}

const put = (storage: Storage, name: string, size: number) =>
  storage.commit([{ name, value: new Uint8Array(size).fill(7), expectedVersion: 0 }]);

/** A process that opens the store and commits `n0`, `n1`, … without end, one line of output for each acknowledged one. */
function committer(context: TestContext, path: string): ChildProcess {
  const program = `
    import { sqliteEngine } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
    const storage = await sqliteEngine(${JSON.stringify(path)}).openTerm();
    console.log('open');
    const commit = async name => {
      await storage.commit([{ name, value: new TextEncoder().encode(name.repeat(20)), expectedVersion: 0 }]);
      console.log(name);
    };
    for (let i = 0; ; i += 8) await Promise.all(Array.from({ length: 8 }, (_, k) => commit('n' + (i + k))));`;
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  context.after(() => child.kill('SIGKILL'));
  return child;
}

test('everything acknowledged before kill -9 is there afterwards, whole batches only', async context => {
  const path = join(directoryFor(context), 'store.db');
  const child = committer(context, path);
  const exit = once(child, 'exit');
  const acknowledged: string[] = [];
  for await (const line of createInterface({ input: child.stdout! })) {
    if (line !== 'open') acknowledged.push(line);
    if (acknowledged.length === 200) child.kill('SIGKILL');
  }
  await exit;
  assert.ok(acknowledged.length >= 200);
  const variables = await (await opened(context, path)).load();
  for (const name of acknowledged) assert.equal(Buffer.from(variables.get(name)!.value).toString(), name.repeat(20));
});

test('a second process is refused while the first lives, and not after its end', async context => {
  const path = join(directoryFor(context), 'store.db');
  const child = committer(context, path);
  await once(child.stdout!, 'data');
  await assert.rejects(sqliteEngine(path).openTerm(), {
    code: 'STORAGE_LOCKED',
    message: /in use by another process; stop that one/,
  });
  child.kill('SIGKILL');
  await once(child, 'exit');
  await opened(context, path);
});

test('a second store in the same process is refused until the first is closed', async context => {
  const path = join(directoryFor(context), 'store.db');
  const first = await sqliteEngine(path).openTerm();
  await assert.rejects(sqliteEngine(path).openTerm(), { code: 'STORAGE_LOCKED' });
  await first.close();
  await opened(context, path);
});

test('a full store refuses what does not fit and remains usable', async context => {
  const path = join(directoryFor(context), 'store.db');
  const storage = await opened(context, path, { maxBytes: 200_000 });
  const results = await Promise.allSettled([
    put(storage, 'a', 1000),
    put(storage, 'large', 300_000),
    put(storage, 'b', 1000),
  ]);
  assert.deepEqual(
    results.map(result => (result.status === 'rejected' ? result.reason.code : result.status)),
    ['fulfilled', 'STORAGE_FULL', 'fulfilled'],
  );
  assert.deepEqual([...(await storage.load()).keys()], ['a', 'b']);
  await put(storage, 'c', 1000);
});

const damages: { name: string; code: string; damage(path: string): void }[] = [
  { name: 'not a database', code: 'STORAGE_CORRUPT', damage: path => writeFileSync(path, 'x'.repeat(8192)) },
  {
    name: 'cut off',
    code: 'STORAGE_CORRUPT',
    damage: path => writeFileSync(path, readFileSync(path).subarray(0, 9000)),
  },
  {
    name: 'a page overwritten',
    code: 'STORAGE_CORRUPT',
    damage: path => writeFileSync(path, readFileSync(path).fill(0xa5, 4096, 8192)),
  },
  {
    name: 'of a newer version',
    code: 'STORAGE_INCOMPATIBLE',
    damage: path => {
      const database = new DatabaseSync(path);
      database.exec('PRAGMA user_version = 99');
      database.close();
    },
  },
  {
    name: 'of another program',
    code: 'STORAGE_INCOMPATIBLE',
    damage: path => {
      rmSync(path);
      const database = new DatabaseSync(path);
      database.exec('CREATE TABLE songs (title TEXT)');
      database.close();
    },
  },
];
for (const { name, code, damage } of damages) {
  test(`a file that is ${name} is refused and left alone`, async context => {
    const path = join(directoryFor(context), 'store.db');
    const storage = await sqliteEngine(path).openTerm();
    await put(storage, 'a', 20_000);
    await storage.close();
    damage(path);
    const before = readFileSync(path);
    await assert.rejects(sqliteEngine(path).openTerm(), { code });
    assert.deepEqual(readFileSync(path), before);
  });
}

test('a flipped bit in a value is noticed when it is read', async context => {
  const path = join(directoryFor(context), 'store.db');
  const storage = await sqliteEngine(path).openTerm();
  await put(storage, 'a', 20_000);
  await storage.close();
  const content = readFileSync(path);
  const middle = content.indexOf(Buffer.alloc(3000, 7)) + 1000;
  content[middle] = 8;
  writeFileSync(path, content);
  const reopened = await opened(context, path);
  await assert.rejects(reopened.load(), { code: 'STORAGE_CORRUPT' });
  await assert.rejects(put(reopened, 'b', 1), { code: 'STORAGE_CORRUPT' });
});

test('makes missing directories; says what is wrong with a path that cannot be', async context => {
  const directory = directoryFor(context);
  await opened(context, join(directory, 'deep', 'er', 'store.db'));
  assert.ok(existsSync(join(directory, 'deep', 'er', 'store.db')));
  mkdirSync(join(directory, 'taken'));
  await assert.rejects(sqliteEngine(join(directory, 'taken')).openTerm(), { code: 'STORAGE_UNAVAILABLE' });
  writeFileSync(join(directory, 'file'), '');
  await assert.rejects(sqliteEngine(join(directory, 'file', 'store.db')).openTerm(), { code: 'STORAGE_UNAVAILABLE' });
});

test('a program that awaits close ends by itself, as does one that forgets it', async context => {
  const directory = directoryFor(context);
  for (const last of ['await storage.close();', '']) {
    const program = `
      import { sqliteEngine } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
      const storage = await sqliteEngine(${JSON.stringify(join(directory, 'store.db'))}).openTerm();
      await storage.commit([]);
      ${last}
      console.log('end');`;
    const child = spawn(process.execPath, [
      '--disable-warning=ExperimentalWarning',
      '--input-type=module',
      '-e',
      program,
    ]);
    context.after(() => child.kill('SIGKILL'));
    const lines = child.stdout.setEncoding('utf8').toArray();
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    assert.equal((await lines).join(''), 'end\n');
  }
});
