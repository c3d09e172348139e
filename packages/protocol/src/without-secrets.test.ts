import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerInfo, ExecutorInfo, Secret } from './gen/messages.ts';
import { containerWithoutSecrets, executorWithoutSecrets, healthCheckWithoutSecrets } from './without-secrets.ts';

const value: Secret = { type: 'VALUE', value: { data: 'c2VjcmV0' } };
const shown: Secret = { type: 'VALUE' };
const reference: Secret = { type: 'REFERENCE', reference: { name: 'n', key: 'k' } };

const command = (secret: Secret) => ({
  value: 'true',
  environment: {
    variables: [
      { name: 'A', value: 'plain' },
      { name: 'B', type: 'SECRET' as const, secret },
      { name: 'C', type: 'SECRET' as const, secret: reference },
    ],
  },
});
const container = (secret: Secret): ContainerInfo => ({
  type: 'MESOS',
  hostname: 'h',
  mesos: { image: { type: 'DOCKER', docker: { name: 'app', config: secret } } },
  volumes: [
    { mode: 'RO', container_path: 'a', source: { type: 'SECRET', secret } },
    { mode: 'RO', container_path: 'b', source: { type: 'SECRET', secret: reference } },
    { mode: 'RO', container_path: 'c', image: { type: 'DOCKER', docker: { name: 'data', config: secret } } },
    { mode: 'RW', container_path: 'd', host_path: '/tmp' },
  ],
});

test('the values of secrets are left out, and nothing else', () => {
  const executor = (secret: Secret): ExecutorInfo => ({
    ...{ executor_id: { value: 'e' }, name: 'n' },
    ...{ command: command(secret), container: container(secret) },
  });
  assert.deepEqual(executorWithoutSecrets(executor(value)), executor(shown));
  assert.deepEqual(healthCheckWithoutSecrets({ type: 'COMMAND', command: command(value) }).command, command(shown));
});

test('what has no values is not copied', () => {
  const [info, executor] = [container(reference), { executor_id: { value: 'e' }, command: command(reference) }];
  assert.equal(containerWithoutSecrets(info), info);
  assert.equal(executorWithoutSecrets(executor), executor);
});
