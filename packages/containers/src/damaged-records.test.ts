/** Records of containers in the runtime directory are cut off at every byte. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkId } from '@meseta/protocol';
import { keepingLogger, silentLogger } from '@meseta/telemetry/testing';
import { DockerStore } from './docker/store.ts';
import { ExternalStore } from './external/store.ts';
import { KeptEnvironments } from './mesos/kept-environments.ts';

const key = checkId<'containerKey'>('c');

async function temporary(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'meseta-damaged-'));
  t.after(() => rm(directory, { recursive: true }));
  return directory;
}

/** Damages a file in every way, one after the other. @param look at what is read. */
async function damage(path: string, look: (what: string) => Promise<void>): Promise<void> {
  const bytes = await readFile(path);
  for (let length = 0; length < bytes.length; length++) {
    await writeFile(path, bytes.subarray(0, length));
    await look(`${path} after ${length} of ${bytes.length} bytes`);
  }
  for (const content of ['null', '5', '[]', '{}', `${bytes}x`, '\0'.repeat(bytes.length)]) {
    await writeFile(path, content);
    await look(`${path} with ${content}`);
  }
  await writeFile(path, bytes);
}

test('of an external container, what is damaged is as if it were missing', async t => {
  const directory = await temporary(t);
  const store = new ExternalStore(directory, silentLogger());
  await store.add(key, '/sandbox');
  await store.setProcess(key, 'launch', { pid: 1, start: 2 });
  await store.setProcess(key, 'wait', { pid: 3, start: 4 });
  await store.setTermination(key, { killed: false, status: 256, message: 'text' });
  const whole = (await store.read()).get(key);
  const parts = { container: 'directory', launch: 'launch', wait: 'wait', termination: 'termination' } as const;
  for (const [file, part] of Object.entries(parts)) {
    await damage(join(directory, 'external', key, file), async what => {
      const damages: string[] = [];
      const found = (await store.read(path => damages.push(path))).get(key);
      const { [part]: value, ...rest } = found ?? {};
      const { [part]: written, ...others } = whole ?? {};
      assert.deepEqual(rest, others, what);
      if (value === undefined) return;
      if (part !== 'termination') assert.deepEqual(value, written, what);
      else assert.ok(typeof value === 'object', what);
    });
  }
});

test('of a Docker container, what is damaged is as if it were missing', async t => {
  const directory = await temporary(t);
  const store = new DockerStore(directory, silentLogger());
  await store.add(key, { name: 'mesos-c', directory: '/sandbox', isTask: true });
  await store.setOutput(key, { time: 12n, count: 1, sizes: { stdout: 2, stderr: 3 } });
  await store.setTermination(key, { exit: { kind: 'exited', code: 1 } });
  const whole = (await store.read()).get(key);
  const parts = { container: 'launch', output: 'output', termination: 'termination' } as const;
  for (const [file, part] of Object.entries(parts)) {
    const path = join(directory, 'docker', key, file);
    await damage(path, async what => {
      const damages: string[] = [];
      const found = (await store.read(damaged => damages.push(damaged))).get(key);
      const { [part]: value, ...rest } = found ?? {};
      const { [part]: _, ...others } = whole ?? {};
      assert.deepEqual([rest, value, damages], [others, undefined, [path]], what);
    });
  }
});

test('a damaged environment is left out', async t => {
  const directory = await temporary(t);
  const { log, lines } = keepingLogger();
  const kept = new KeptEnvironments(directory, log);
  const written = { environment: { A: 'b', C: 'd' }, workingDirectory: '/somewhere' };
  await kept.write(key, written);
  await damage(join(directory, 'environments', key), async what => {
    const found = await kept.read(key);
    if (what.includes(' bytes')) assert.equal(found, undefined, what);
  });
  assert.ok(lines.some(line => line.includes('damaged environment') && line.includes(directory)));
  assert.deepEqual(await kept.read(key), written);
});
