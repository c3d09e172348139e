import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskInfo } from '@meseta/protocol';
import { consulServices, serviceName } from './service.ts';

const options = { globalTag: 'marathon', initialStatus: 'passing', address: '10.0.0.1', checkAddress: '127.0.0.1' };
const labels = (pairs: Record<string, string>) => ({
  labels: Object.entries(pairs).map(([key, value]) => ({ key, value })),
});
const task = (more: Partial<TaskInfo>): TaskInfo => ({
  ...{
    name: 't',
    task_id: { value: 'app.1' },
    agent_id: { value: 'a' },
    labels: labels({ consul: 'web', public: 'tag' }),
  },
  discovery: { visibility: 'EXTERNAL', ports: { ports: [{ number: 31000, name: 'http' }] } },
  ...more,
});

for (const [value, id, name] of [
  ['web', 'x.1', 'web'],
  ['true', 'group_my-app.4c7e', 'group.my-app'],
  ['', ' /group/my-app/ ', 'group-my-app'],
  [undefined, 'plain', 'plain'],
] as const) {
  test(`name of '${id}' with label '${value}'`, () => assert.equal(serviceName(value, id), name));
}

test('no labelled port: the first one, under the name of the task', () => {
  assert.deepEqual(consulServices(task({}), options), [
    {
      ...{ ID: 'app.1_web_31000', Name: 'web', Port: 31000, Address: '10.0.0.1', EnableTagOverride: false },
      Tags: ['public', 'marathon', 'marathon-task:app.1'],
    },
  ]);
});

test('labelled ports, tags by service, ports in tags', () => {
  const ports = [
    {
      number: 1,
      name: 'http',
      labels: labels({ consul: 'web, web-ssl', both: 'tag', 'only:{port:admin}': 'tag:web' }),
    },
    { number: 2, name: 'admin' },
  ];
  const services = consulServices(task({ discovery: { visibility: 'EXTERNAL', ports: { ports } } }), options);
  assert.deepEqual(
    services.map(({ ID, Tags }) => [ID, Tags.slice(0, -2)]),
    [
      ['app.1_web_1', ['both', 'only:2', 'public']],
      ['app.1_web-ssl_1', ['both', 'public']],
    ],
  );
});

const times = { Interval: '5s', Timeout: '20s', Status: 'passing', DeregisterCriticalServiceAfter: '10m' };
for (const { name, check, expected } of [
  {
    name: 'HTTP',
    check: { http: { port: 31000, path: 'ping' } },
    expected: { HTTP: 'http://127.0.0.1:31000/ping', ...times },
  },
  {
    name: 'HTTPS on a port of its own',
    check: { http: { port: 8443, scheme: 'https', path: '/?q=1' } },
    expected: { HTTP: 'https://127.0.0.1:8443/?q=1', TLSSkipVerify: true, ...times },
  },
  { name: 'TCP', check: { tcp: { port: 9 } }, expected: { TCP: '127.0.0.1:9', ...times } },
  { name: 'COMMAND', check: { command: { value: 'true' } }, expected: undefined },
]) {
  test(`health check: ${name}`, () => {
    const [service] = consulServices(task({ health_check: { ...check, interval_seconds: 5 } }), options);
    assert.deepEqual(service?.Check, expected);
  });
}

test('no ports: a sentence', () => {
  assert.throws(
    () => consulServices(task({ discovery: { visibility: 'EXTERNAL' } }), options),
    /label 'consul' but no ports/,
  );
});
