import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ConfigurationError, hookEnvironment, printable, readConfiguration, taskEnvironment } from './configuration.ts';
import { settings } from './settings.ts';
import { parseDuration } from './types.ts';

const agent = {
  MESOS_FRAMEWORK_ID: 'f',
  MESOS_EXECUTOR_ID: 'e',
  MESOS_DIRECTORY: '/d',
  MESOS_SANDBOX: '/s',
  MESOS_AGENT_ENDPOINT: '127.0.0.1:5051',
  MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: '5secs',
};

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfiguration(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

for (const [text, ms] of [
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['1.5s', 1500],
  ['100ms', 100],
  ['5secs', 5000],
  ['15mins', 900_000],
  ['2weeks', 1_209_600_000],
  ['0', 0],
  ['-1s', -1000],
] as const) {
  test(`duration ${text}`, () => assert.equal(parseDuration(text), ms));
}

for (const text of ['', '5', '5 secs', 's', '1sec', '1h30', 'forever']) {
  test(`no duration: '${text}'`, () => assert.throws(() => parseDuration(text), /a duration like/));
}

test('defaults', () => {
  const { settings, agent: read } = readConfiguration(agent);
  assert.equal(settings.API_PATH, '/api/v1/executor');
  assert.equal(settings.KILL_POLICY_GRACE_PERIOD, 5000);
  assert.equal(settings.CONSUL_HOOK_ENABLED, true);
  assert.deepEqual([read.recoveryTimeoutMs, read.backoffMaxMs], [1000, 1000]);
  assert.deepEqual(read.endpoint, { host: '127.0.0.1', port: 5051 });
});

test('names: the own one wins, then the alias, then the plain one', () => {
  const all = {
    MESETA_EXECUTOR_CONSUL_GLOBAL_TAG: 'a',
    ALLEGRO_EXECUTOR_CONSUL_GLOBAL_TAG: 'b',
    CONSUL_GLOBAL_TAG: 'c',
  };
  const tags = Object.keys(all).map((_, skipped) => {
    const environment = { ...agent, ...Object.fromEntries(Object.entries(all).slice(skipped)) };
    return readConfiguration(environment).settings.CONSUL_GLOBAL_TAG;
  });
  assert.deepEqual(tags, ['a', 'b', 'c']);
});

test('a duration of 0 or less is the default; -debug', () => {
  const environment = { ...agent, ALLEGRO_EXECUTOR_HTTP_TIMEOUT: '-3s', ALLEGRO_EXECUTOR_HOOK_TIMEOUT: '0' };
  const { settings } = readConfiguration(environment, ['-debug']);
  assert.deepEqual([settings.HTTP_TIMEOUT, settings.HOOK_TIMEOUT, settings.DEBUG], [10_000, 30_000, true]);
});

test('with checkpointing', () => {
  const more = { MESOS_CHECKPOINT: '1', MESOS_RECOVERY_TIMEOUT: '15mins', MESOS_SUBSCRIPTION_BACKOFF_MAX: '2secs' };
  const { agent: read } = readConfiguration({ ...agent, ...more });
  assert.deepEqual([read.checkpoint, read.recoveryTimeoutMs, read.backoffMaxMs], [true, 900_000, 2000]);
});

test('the error lists all problems at once, with what was expected', () => {
  assert.deepEqual(
    problemsOf({
      MESOS_DIRECTORY: '/d',
      MESOS_AGENT_ENDPOINT: 'nowhere',
      MESOS_CHECKPOINT: '1',
      MESETA_EXECUTOR_HTTP_TIMEOUT: 'soon',
      ALLEGRO_EXECUTOR_SERVICELOG_LOGSTASH_PROTOCOL: 'carrier pigeon',
      SENTRY_DSN: 'unused: it has no plain name',
      MESETA_EXECUTOR_SENTRY_DSN: 'secret',
      MESETA_EXECUTOR_SERVICELOG_LOGSTASH_TLS_CERT: 'c.pem',
    }),
    [
      'the agent sets, but did not set: MESOS_FRAMEWORK_ID, MESOS_EXECUTOR_ID, MESOS_SANDBOX, MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD',
      'with MESOS_CHECKPOINT the agent sets, but did not set: MESOS_RECOVERY_TIMEOUT, MESOS_SUBSCRIPTION_BACKOFF_MAX',
      "MESOS_AGENT_ENDPOINT='nowhere': expected host:port",
      "MESETA_EXECUTOR_HTTP_TIMEOUT='soon': expected a duration like 90s, 1h30m, 5secs or 15mins",
      "MESETA_EXECUTOR_SENTRY_DSN='<redacted>': expected an http or https URL",
      "ALLEGRO_EXECUTOR_SERVICELOG_LOGSTASH_PROTOCOL='carrier pigeon': expected one of tcp, udp, tls",
      'SERVICELOG_LOGSTASH_TLS_CERT and SERVICELOG_LOGSTASH_TLS_KEY belong together: one of them is missing',
    ],
  );
});

test('secrets are neither printed nor passed on', () => {
  const environment = {
    ...agent,
    PATH: '/bin',
    VAAS_INITIAL_WEIGHT: '3',
    VAAS_TOKEN: 'hush',
    ALLEGRO_EXECUTOR_CONSUL_TOKEN: 'hush',
    CONSUL_HTTP_TOKEN: 'hush',
    MESETA_EXECUTOR_WEBHOOK_TOKEN: 'hush',
    MESETA_EXECUTOR_SENTRY_DSN: 'https://hush@example.org/1',
    MESOS_EXECUTOR_AUTHENTICATION_TOKEN: 'hush',
    MESETA_EXECUTOR_DEBUG: 'true',
    VAAS_HOST: 'https://me:hush@vaas.example',
  };
  assert.doesNotMatch(JSON.stringify(printable(readConfiguration(environment).settings)), /hush/);
  assert.deepEqual(taskEnvironment(environment), { ...agent, PATH: '/bin', VAAS_INITIAL_WEIGHT: '3' });
  const { VAAS_HOST: _, ...forHooks } = hookEnvironment(environment);
  assert.deepEqual(forHooks, { ...agent, PATH: '/bin', VAAS_INITIAL_WEIGHT: '3', MESETA_EXECUTOR_DEBUG: 'true' });
});

test('the guide names every setting', () => {
  const guide = readFileSync(new URL('../../../../docs/executor.md', import.meta.url), 'utf8');
  const missing = Object.keys(settings).filter(name => !guide.includes(`| \`${name}\``));
  assert.deepEqual(missing, []);
});
