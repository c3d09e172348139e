import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerOf } from './container-options.ts';
import { isolationFor } from './isolation.ts';

test('no option, no container', async () => {
  assert.equal(containerOf({}, true), undefined);
  assert.deepEqual(await isolationFor(undefined, undefined), {});
});

test('volumes, image and networks become a container', () => {
  const options = { volume: ['/etc:conf:ro', 'own:/tmp'], image: 'alpine:3', network: ['blue', 'red'] };
  assert.deepEqual(containerOf(options, true), {
    type: 'MESOS',
    volumes: [
      { host_path: '/etc', container_path: 'conf', mode: 'RO' },
      { host_path: 'own', container_path: '/tmp', mode: 'RW' },
    ],
    network_infos: [{ name: 'blue' }, { name: 'red' }],
    mesos: { image: { type: 'DOCKER', docker: { name: 'alpine:3' } } },
  });
});

test('a Docker network is one of three modes, or one of its engine by name', () => {
  for (const [network, mode] of [
    ['host', 'HOST'],
    ['blue', 'USER'],
    ['constructor', 'USER'],
  ] as const) {
    const container = containerOf({ 'docker-image': 'alpine:3', network: [network] }, true);
    assert.equal(container?.docker?.network, mode);
    assert.deepEqual(container?.network_infos, mode === 'USER' ? [{ name: network }] : undefined);
  }
});

const mistakes: Record<string, RegExp> = {
  '/etc': /not of that form; it takes HOST:PATH\[:ro\]$/,
  ':x': /not of that form/,
  'a:b:ro:c': /not of that form/,
  '/etc:x:rx': /the mode is ro or rw, not 'rx'/,
  '/etc:../x': /PATH must not contain '\.\.'/,
  '../a:x': /a relative HOST must not contain '\.\.'/,
  '/no/such:x': /\/no\/such does not exist/,
};
for (const [volume, message] of Object.entries(mistakes)) {
  test(`refuses --volume ${volume}`, () => {
    assert.throws(() => containerOf({ volume: [volume] }, true), { name: 'UsageError', message });
  });
}

test('paths of another machine are not looked for here', () => {
  assert.equal(containerOf({ volume: ['/no/such:x'] }, false)?.volumes?.length, 1);
});

test('an isolator that is not known is named, with those that are', async () => {
  await assert.rejects(isolationFor('posix/cpu,nope', undefined), {
    name: 'UsageError',
    message: /'nope' in --isolation: built in are .*namespaces\/pid/,
  });
});
