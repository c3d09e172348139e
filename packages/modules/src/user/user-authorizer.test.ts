import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { localAuthorizer, whole } from '@meseta/daemon';
import { Metrics } from '@meseta/telemetry';
import { keepingLogger } from '@meseta/telemetry/testing';
import { createAuthorization } from '../authorization.ts';
import { loadModules } from '../modules.ts';

/** Loads an authorizer module. @param timeout how many seconds it may take; by default many, for a busy machine. */
async function load(context: TestContext, methods: string, timeout = '60') {
  const directory = mkdtempSync(join(tmpdir(), 'user-authorizer-'));
  const path = join(directory, 'modules.mjs');
  writeFileSync(path, `export default { a: { kind: 'authorizer', create: () => ({ ${methods} }) } };`);
  const parameters = [{ key: 'timeout', value: timeout }];
  const modules = { libraries: [{ file: path, modules: [{ name: 'a', parameters }] }] };
  const { log, lines } = keepingLogger();
  const registry = await loadModules({ modules }, { runtimeDirectory: directory, log, metrics: new Metrics() });
  context.after(async () => {
    await registry.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return { registry, log, lines };
}

const framework_info = { name: 'f', user: 'alice', principal: 'p' };

test('an authorizer gets subject, action and object, and decides', async context => {
  const { registry } = await load(
    context,
    `authorized: ({ subject, action, object }) =>
      action === 'TEARDOWN_FRAMEWORK' ? subject.value === object.framework_info.principal : subject === undefined,
    seen: ({ action }) => action === 'VIEW_TASK' || (action === 'VIEW_FRAMEWORK' && { values: ['alice'] })`,
  );
  const { authorize, filter } = await registry.authorizer('a', '--authorizers');
  assert.equal(await authorize({ value: 'p' }, 'TEARDOWN_FRAMEWORK', { framework_info }), true);
  assert.equal(await authorize({ value: 'q' }, 'TEARDOWN_FRAMEWORK', { framework_info }), false);
  assert.equal(await authorize(undefined, 'VIEW_FLAGS', whole), true);
  assert.equal(await filter({ value: 'p' }, 'VIEW_TASK'), undefined);
  const see = await filter({ value: 'p' }, 'VIEW_FRAMEWORK');
  assert.equal(see?.({ framework_info }), true);
  assert.equal(see?.({ framework_info: { ...framework_info, user: 'bob' } }), false);
  assert.equal((await filter({ value: 'p' }, 'VIEW_ROLE'))?.({ value: 'a' }), false);
});

const bad: readonly {
  readonly name: string;
  readonly body: string;
  readonly log: RegExp;
  readonly timeout?: string;
}[] = [
  { name: 'throws', body: "throw new Error('no answer today')", log: /did not answer.*no answer today/ },
  {
    name: 'never answers',
    body: 'return new Promise(() => {})',
    log: /did not answer.*took too long in authorized/,
    timeout: '1',
  },
  { name: 'loops for ever', body: 'for (;;);', log: /did not answer.*took too long in authorized/, timeout: '1' },
  { name: 'exits', body: 'process.exit(3)', log: /did not answer.*exited with code 3/ },
  { name: "answers 'yes'", body: "return 'yes'", log: /did not return what 'authorized' must/ },
  { name: 'answers 1', body: 'return 1', log: /did not return what 'authorized' must/ },
  { name: 'answers nothing', body: '', log: /did not return what 'authorized' must/ },
];
for (const { name, body, log, timeout } of bad) {
  test(`an authorizer that ${name} allows nothing, and works again afterwards`, async context => {
    const { registry, lines } = await load(
      context,
      `authorized({ subject }) { if (!subject) { ${body} } else return true; }`,
      timeout,
    );
    const { authorize } = await registry.authorizer('a', '--authorizers');
    assert.equal(await authorize(undefined, 'VIEW_FLAGS', whole), false);
    assert.match(lines.join(''), log);
    assert.equal(await authorize({ value: 'p' }, 'VIEW_FLAGS', whole), true);
  });
}

test('an authorizer answers thousands of questions at the same time', async context => {
  const { registry } = await load(context, 'authorized: ({ object }) => Number(object.value) % 2 === 0');
  const { authorize } = await registry.authorizer('a', '--authorizers');
  const asked = Array.from({ length: 5000 }, (_, index) => authorize(undefined, 'VIEW_ROLE', { value: String(index) }));
  const answers = await Promise.all(asked);
  assert.ok(answers.every((answer, index) => answer === (index % 2 === 0)));
});

test('what an authorizer lists must be a list', async context => {
  const { registry, lines } = await load(context, "authorized: () => true, seen: () => ({ values: ['a', 7] })");
  const { filter } = await registry.authorizer('a', '--authorizers');
  assert.equal((await filter(undefined, 'VIEW_ROLE'))?.({ value: 'a' }), false);
  assert.match(lines.join(''), /did not return what 'seen' must/);
});

test('an authorizer without a list shows nothing in views', async context => {
  const { registry } = await load(context, 'authorized: () => true');
  const { filter } = await registry.authorizer('a', '--authorizers');
  assert.equal((await filter(undefined, 'VIEW_ROLE'))?.({ value: 'a' }), false);
});

test('a module that cannot be asked, or is not there, is refused', async context => {
  const { registry } = await load(context, 'allowed: () => true');
  await assert.rejects(registry.authorizer('a', '--authorizers'), /Authorizer module 'a' has no method 'authorized'/);
  await assert.rejects(registry.authorizer('b', '--authorizer'), {
    message: "No authorizer module named 'b' available, which --authorizer asks for; --modules has a",
  });
});

test('the local authorizer is made when there are rules; a module counts in place of them', async context => {
  const { registry, log, lines } = await load(context, 'authorized: () => true');
  const acls = { permissive: false, rules: {}, source: {} };
  const make = (flags: { acls: typeof acls | undefined; authorizer: string }) =>
    createAuthorization({ ...flags, flag: 'authorizer' }, registry, log);
  assert.deepEqual(await make({ acls: undefined, authorizer: 'local' }), {});
  const local = await make({ acls, authorizer: 'local' });
  assert.equal(
    local.authorize?.(undefined, 'VIEW_FLAGS', whole),
    localAuthorizer(acls).authorize(undefined, 'VIEW_FLAGS', whole),
  );
  const other = await make({ acls, authorizer: 'a' });
  assert.equal(await other.authorize?.(undefined, 'VIEW_FLAGS', whole), true);
  assert.match(lines.join(''), /--acls counts for nothing: --authorizer names the module 'a'/);
});
