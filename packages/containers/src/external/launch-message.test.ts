import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ContainerConfig, ContainerizerLaunch, decode, encode } from '@meseta/protocol';
import { id } from '../testing/containerizer-bench.ts';
import { launchMessage, unsupportedExternally } from './launch-message.ts';

const c = id('c');
const config = (more: Partial<ContainerConfig>): ContainerConfig => ({
  directory: '/sandbox',
  command_info: { value: 'true' },
  executor_info: { executor_id: { value: 'e' } },
  ...more,
});

test('the message has what the agent says of itself in the environment, and the command that the container runs', () => {
  const environment = { MESOS_SLAVE_ID: 'a', MESOS_SLAVE_PID: 'slave(1)@1.2.3.4:5', MESOS_CHECKPOINT: '0' };
  const message = launchMessage(c, { config: config({ user: 'nobody' }), environment });
  const expected = {
    container_id: { value: c.value },
    executor_info: { executor_id: { value: 'e' }, command: { value: 'true' } },
    directory: '/sandbox',
    user: 'nobody',
    agent_id: { value: 'a' },
    agent_pid: 'slave(1)@1.2.3.4:5',
    checkpoint: false,
  };
  assert.deepEqual(decode(ContainerizerLaunch, encode(ContainerizerLaunch, message)), expected);
});

test('every variable has a value, because programs of 2014 require one', () => {
  const data = Buffer.from('hush').toString('base64');
  const variables = [
    { name: 'A', value: '1' },
    { name: 'B', type: 'SECRET' as const, secret: { type: 'VALUE' as const, value: { data } } },
  ];
  const command = { value: 'true', environment: { variables } };
  const task_info = { name: 't', task_id: { value: 't' }, agent_id: { value: 'a' }, command };
  const message = launchMessage(c, { config: config({ command_info: command, task_info }) });
  const plain = [
    { name: 'A', value: '1' },
    { name: 'B', value: 'hush' },
  ];
  assert.deepEqual(message.executor_info?.command?.environment?.variables, plain);
  assert.deepEqual(message.task_info?.command?.environment?.variables, plain);
});

test('a container without a command needs an image, which may have one', () => {
  assert.throws(() => launchMessage(c, { config: config({ command_info: {} }) }), /The command has no value/);
  const image = { type: 'DOCKER' as const, docker: { image: 'debian' } };
  launchMessage(c, { config: config({ command_info: {}, container_info: image }) });
  launchMessage(c, { config: config({ command_info: { container: { image: 'docker:///debian' } } }) });
});

const refused: [name: string, more: Partial<ContainerConfig>, message: RegExp][] = [
  ['a terminal', { container_info: { type: 'MESOS', tty_info: {} } }, /^Terminals/],
  ['a debug container', { container_class: 'DEBUG' }, /nested and debug containers/],
  [
    'a secret by reference',
    {
      command_info: {
        value: 'true',
        environment: {
          variables: [{ name: 'S', type: 'SECRET', secret: { type: 'REFERENCE', reference: { name: 's' } } }],
        },
      },
    },
    /environment variable S/,
  ],
];
for (const [name, more, message] of refused) {
  test(`${name} is refused, because the protocol has no place for it`, () => {
    assert.match(unsupportedExternally(config(more)) ?? '', message);
  });
}
