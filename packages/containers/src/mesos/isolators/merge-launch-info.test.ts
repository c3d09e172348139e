import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerLaunchInfo } from '@meseta/protocol';
import { mergeLaunchInfos } from './merge-launch-info.ts';

const prepared = (...infos: ContainerLaunchInfo[]) =>
  infos.map((info, index) => ({ isolator: ['first', 'second', 'third'][index]!, info }));
const variable = (name: string, value: string) => ({ name, value });

const merged: { name: string; infos: ContainerLaunchInfo[]; expected: ContainerLaunchInfo }[] = [
  { name: 'nothing', infos: [], expected: {} },
  {
    name: 'lists are appended',
    infos: [{ mounts: [{ target: '/a' }] }, { mounts: [{ target: '/a' }] }, { masked_paths: ['/x'] }],
    expected: { mounts: [{ target: '/a' }, { target: '/a' }], masked_paths: ['/x'] },
  },
  {
    name: 'namespaces are there once',
    infos: [{ clone_namespaces: [1, 2] }, { clone_namespaces: [2, 3] }],
    expected: { clone_namespaces: [1, 2, 3] },
  },
  {
    name: 'of variables with one name the last stays',
    infos: [
      { environment: { variables: [variable('A', '1'), variable('B', '1')] } },
      { environment: { variables: [variable('A', '2')] }, task_environment: { variables: [variable('A', '3')] } },
    ],
    expected: {
      environment: { variables: [variable('A', '2'), variable('B', '1')] },
      task_environment: { variables: [variable('A', '3')] },
    },
  },
  {
    name: 'commands are merged field by field',
    infos: [{ command: { value: 'a', arguments: ['x'] } }, { command: { value: 'b', arguments: ['y'] } }],
    expected: { command: { value: 'b', arguments: ['x', 'y'] } },
  },
  {
    name: 'one may set what only one may',
    infos: [{ working_directory: '/a' }, {}],
    expected: { working_directory: '/a' },
  },
];
for (const { name, infos, expected } of merged) {
  test(name, () => assert.deepEqual(mergeLaunchInfos(prepared(...infos)), expected));
}

const conflicts: { field: string; infos: ContainerLaunchInfo[]; message: string }[] = [
  {
    field: 'working_directory',
    infos: [{ working_directory: '/a' }, {}, { working_directory: '/a' }],
    message: "Isolators 'first' and 'third' both set 'working_directory'",
  },
  {
    field: 'rlimits',
    infos: [{ rlimits: {} }, { rlimits: {} }],
    message: "Isolators 'first' and 'second' both set 'rlimits'",
  },
  {
    field: 'tty_agent_path',
    infos: [{ tty_agent_path: '/a' }, { tty_agent_path: '/b' }],
    message: "Isolators 'first' and 'second' both set 'tty_slave_path'",
  },
  {
    field: 'effective_capabilities',
    infos: [{ effective_capabilities: {} }, { effective_capabilities: {} }],
    message: "Isolators 'first' and 'second' both set 'effective_capabilities'",
  },
  { field: 'rootfs', infos: [{ rootfs: '/x' }], message: "Isolator 'first' must not set 'rootfs'" },
];
for (const { field, infos, message } of conflicts) {
  test(`conflict: ${field}`, () => {
    assert.throws(() => mergeLaunchInfos(prepared(...infos)), { code: 'LAUNCH_INFO_CONFLICT', field, message });
  });
}
