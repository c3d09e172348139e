import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type FrameworkStore, fileStore, memoryStore } from './framework-store.ts';

function temporary(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'store-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

const stores: Record<string, (t: TestContext) => FrameworkStore> = {
  'in memory': memoryStore,
  'in a file': t => fileStore(join(temporary(t), 'framework.json')),
};
for (const [name, make] of Object.entries(stores)) {
  test(`a store ${name} has what was saved last, until it is cleared`, async t => {
    const store = make(t);
    assert.equal(await store.load(), undefined);
    await store.save('one');
    await store.save('two');
    assert.equal(await store.load(), 'two');
    await store.clear();
    await store.clear();
    assert.equal(await store.load(), undefined);
  });
}

test('a file is replaced as a whole', async t => {
  const directory = temporary(t);
  const store = fileStore(join(directory, 'framework.json'));
  writeFileSync(join(directory, 'framework.json.new'), 'half a li'); // a crash before the replacement
  await store.save('one');
  assert.deepEqual(readdirSync(directory), ['framework.json']);
  assert.equal(await fileStore(join(directory, 'framework.json')).load(), 'one');
});

for (const text of ['', 'x', '{}', 'null', '{"framework_id": 7}', '{"framework_id": ""}', '{"framework_id": "../x"}']) {
  test(`a file with '${text}' is refused with its name`, async t => {
    const path = join(temporary(t), 'framework.json');
    writeFileSync(path, text);
    await assert.rejects(fileStore(path).load(), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'STORE_UNREADABLE');
      assert.ok(error.message.includes(path), error.message);
      return true;
    });
  });
}
