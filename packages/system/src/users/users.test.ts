import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FakeClock } from '../testing/index.ts';
import { lookupUser } from './users.ts';

/** Answers of an id(1), a script; none without. What is asked for is remembered, hence the name. */
const cases: { name: string; id: string | undefined; says: RegExp }[] = [
  { name: 'unknown', id: 'echo "id: \'$2\': no such user" >&2; exit 1', says: /: no such user$/ },
  { name: 'no-id', id: undefined, says: /could not be looked up with id\(1\): no such file or directory \(ENOENT\)$/ },
  {
    name: 'broken',
    id: 'echo "id: no memory" >&2; exit 1',
    says: /could not be looked up with id\(1\): id: no memory$/,
  },
  { name: 'silent', id: 'exit 3', says: /could not be looked up with id\(1\): it exited with status 3$/ },
  { name: 'killed', id: 'kill -9 $$', says: /could not be looked up with id\(1\): it was ended by SIGKILL$/ },
];
for (const { name, id, says } of cases) {
  test(`why a user cannot be switched to: ${name}`, async t => {
    usePath(t, id);
    await assert.rejects(lookupUser(name), ({ message }: Error) => {
      assert.ok(message.startsWith(`Cannot run as user '${name}': `));
      assert.match(message, says);
      return true;
    });
  });
}

test('a user is looked up once a minute', async t => {
  const directory = usePath(t, 'echo >>"$0.calls"; echo "uid=7($2) gid=8(g) groups=8(g),9(h)"');
  const clock = new FakeClock();
  const calls = () => readFileSync(join(directory, 'id.calls'), 'utf8').length;
  for (const expected of [1, 2]) {
    const users = [await lookupUser('kept', clock)];
    clock.advance(59_999);
    users.push(await lookupUser('kept', clock));
    assert.deepEqual(users, new Array(2).fill({ uid: 7, gid: 8, groups: [8, 9] }));
    assert.equal(calls(), expected);
    clock.advance(1);
  }
});

/** A PATH with nothing but that `id`. */
function usePath(t: TestContext, id: string | undefined): string {
  const directory = mkdtempSync(join(tmpdir(), 'users-'));
  const { PATH } = process.env;
  t.after(() => {
    process.env.PATH = PATH;
    rmSync(directory, { recursive: true });
  });
  process.env.PATH = directory;
  if (id === undefined) return directory;
  writeFileSync(join(directory, 'id'), `#!/bin/sh\n${id}\n`);
  chmodSync(join(directory, 'id'), 0o755);
  return directory;
}
