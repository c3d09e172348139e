import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHookConfiguration } from './hook-settings.ts';

test('texts, numbers, booleans and lists; what was given can be printed, without secrets', () => {
  const { settings, environment, printable } = readHookConfiguration({
    VAAS_HOOK_ENABLED: false,
    HOOK_TIMEOUT: '5s',
    HOOKS: ['/a.mjs', '/b.mjs'],
    WEBHOOK_URL: 'http://me:hush@example.org/',
    WEBHOOK_TOKEN: 'hush',
    CONSUL_HTTP_TOKEN: 'hush',
    CONSUL_HTTP_ADDR: '127.0.0.1:8500',
    VAAS_INITIAL_WEIGHT: 3,
  });
  assert.deepEqual(settings.HOOKS, ['/a.mjs', '/b.mjs']);
  assert.deepEqual([settings.VAAS_HOOK_ENABLED, settings.CONSUL_HOOK_ENABLED], [false, true]);
  assert.equal(settings.HOOK_TIMEOUT, 5000);
  const others = { CONSUL_HTTP_ADDR: '127.0.0.1:8500', VAAS_INITIAL_WEIGHT: '3' };
  assert.deepEqual(environment, { ...others, CONSUL_HTTP_TOKEN: 'hush' });
  assert.deepEqual(printable, {
    ...{ VAAS_HOOK_ENABLED: false, HOOKS: ['/a.mjs', '/b.mjs'], HOOK_TIMEOUT: 5000 },
    ...{ WEBHOOK_URL: 'http://example.org/', WEBHOOK_TOKEN: '<redacted>', CONSUL_HTTP_TOKEN: '<redacted>' },
    ...others,
  });
});

test('everything that is wrong is said at once', () => {
  assert.throws(
    () =>
      readHookConfiguration({
        ...{ CONSUL_TOKN: 'x', GRAPHITE_HOST: 'g', HOOK_TIMEOUT: 'soon', WEBHOOK_URL: {}, VAAS_HOST: 'vaas' },
        ...{ HOOKS: 'hook.mjs', constructor: 'x' },
      }),
    {
      code: 'CONFIGURATION',
      problems: [
        'CONSUL_TOKN: there is no such setting',
        'GRAPHITE_HOST: only the stand-alone executor has this setting',
        'WEBHOOK_URL: expected a text, number, boolean or list of texts',
        'constructor: there is no such setting',
        "VAAS_HOST='vaas': expected an http or https URL",
        "HOOK_TIMEOUT='soon': expected a duration like 90s, 1h30m, 5secs or 15mins",
        "HOOKS='hook.mjs': expected an absolute path",
      ],
    },
  );
});
