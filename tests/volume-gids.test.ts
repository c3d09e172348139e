/** Volumes that tasks of several users share, by groups of `--volume_gid_range`. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { TaskInfo } from '@meseta/protocol';
import { eventually, needs } from '@meseta/system/testing';
import { Meseta } from './support/meseta.ts';
import { VolumeScene } from './support/persistent-volumes.ts';

const need = needs.root('volumes are given to groups');
const range = '[70000-70001]';
const launchers = {
  mounts: { isolation: 'filesystem/linux,namespaces/pid', volume_gid_range: range },
  links: { launcher: 'posix', isolation: 'posix/cpu', volume_gid_range: range },
};
const as = (user: string, value: string): Partial<TaskInfo> => ({ command: { shell: true, value, user } });
const at = (id: string) => [{ id, at: 'data' }];

const metric = async ({ cluster }: VolumeScene, name: string): Promise<unknown> =>
  JSON.parse((await cluster.agent.ask('/metrics/snapshot')).text)[`volume_gid_manager/${name}`];

for (const [kind, flags] of Object.entries(launchers)) {
  test(`a volume has a group, which tasks of all users are in (${kind})`, need, async t => {
    const s = await VolumeScene.start(t, flags);
    chmodSync(s.cluster.directory, 0o755);
    await s.create({ id: 'shared', shared: true }, 'own', 'third');
    const outside = path.join(s.cluster.directory, 'outside');
    writeFileSync(outside, 'of root', { mode: 0o640 });
    mkdirSync(path.join(s.directory('shared'), 'old/deep'), { recursive: true });
    symlinkSync(outside, path.join(s.directory('shared'), 'old/link'));
    linkSync(outside, path.join(s.directory('shared'), 'old/name'));

    await t.test('both write to a shared one at the same time', async () => {
      const writes = 'umask 002; echo "$(id -un)" >> data/who; mkdir data/$(id -un)';
      await s.launch(
        'first',
        at('shared'),
        as('daemon', `${writes}; until [ -e data/nobody/done ]; do sleep 0.05; done`),
      );
      await eventually('its file', () => existsSync(path.join(s.directory('shared'), 'daemon')));
      const { status } = await s.run(
        'second',
        at('shared'),
        '',
        as('nobody', `${writes}; touch data/daemon/x data/old/deep/x data/nobody/done; id -G`),
      );
      assert.equal(status.state, 'TASK_FINISHED', status.message ?? '');
      assert.equal((await s.framework.end('first')).state, 'TASK_FINISHED');
      assert.equal(readFileSync(path.join(s.directory('shared'), 'who'), 'utf8'), 'daemon\nnobody\n');
      const { gid, mode, uid } = statSync(s.directory('shared'));
      assert.deepEqual([gid, mode & 0o7777, uid], [70_000, 0o2775, 0]);
      assert.equal(statSync(outside).gid, 0, 'what links lead to, and a file of root with another name, is left alone');
    });

    await t.test('a check of a task is in the group, under the next agent, too', async () => {
      const command = { value: 'touch data/nobody/checked && [ -e data/go ] && touch data/nobody/again' };
      const check: Partial<TaskInfo> = {
        check: { type: 'COMMAND', command: { command }, delay_seconds: 0, interval_seconds: 0.1 },
      };
      const isThere = (name: string) => existsSync(path.join(s.directory('shared'), 'nobody', name));
      await s.launch('checked', at('shared'), { ...as('daemon', 'exec sleep 1000'), ...check });
      await eventually('the check', () => isThere('checked'));
      await s.cluster.agent.kill();
      writeFileSync(path.join(s.directory('shared'), 'go'), '');
      await s.cluster.agent.start();
      await s.cluster.registered(s.cluster.agent);
      await eventually('a check by the next agent', () => isThere('again'));
      await s.framework.call({ type: 'KILL', kill: { task_id: { value: 'checked' } } });
      await s.framework.end('checked');
    });

    await t.test('one of its own stays another one under the next agent; then there is none left', async () => {
      assert.equal((await s.run('own', at('own'), '', as('nobody', 'touch data/x'))).status.state, 'TASK_FINISHED');
      assert.equal(statSync(s.directory('own')).gid, 70_001);
      assert.deepEqual([await metric(s, 'volume_gids_total'), await metric(s, 'volume_gids_free')], [2, 0]);
      const { status } = await s.run('third', at('third'), '', as('nobody', 'true'));
      assert.equal(status.state, 'TASK_FAILED');
      assert.match(
        status.message ?? '',
        /because the free gid range is exhausted: the agent needs a wider --volume_gid_range/,
      );
      const { output } = await s.run('root', at('third'), 'id -G', as('root', 'id -G'));
      assert.doesNotMatch(output, /7000/, 'root needs none');
    });

    await t.test('a volume that is destroyed gives its id back', async () => {
      const offer = await s.framework.offer(({ resources = [] }) =>
        resources.some(each => each.disk?.persistence?.id === 'own'),
      );
      const volumes = (offer.resources ?? []).filter(each => each.disk?.persistence?.id === 'own');
      await s.framework.accept([offer], [{ type: 'DESTROY', destroy: { volumes } }]);
      await eventually('an id that is free', async () => (await metric(s, 'volume_gids_free')) === 1);
      assert.equal((await s.run('again', at('third'), '', as('nobody', 'touch data/x'))).status.state, 'TASK_FINISHED');
      assert.equal(statSync(s.directory('third')).gid, 70_001);
    });
  });
}

test('tasks of a pod share a directory of the pod, and volumes, as users of their own', need, async t => {
  const s = await VolumeScene.start(t, launchers.mounts);
  chmodSync(s.cluster.directory, 0o755);
  const volumes = [
    {
      mode: 'RW' as const,
      container_path: 'box',
      source: { type: 'SANDBOX_PATH' as const, sandbox_path: { type: 'PARENT' as const, path: 'box' } },
    },
  ];
  const container = { type: 'MESOS' as const, volumes };
  const member = (user: string, line: string) => ({ task_id: { value: user }, ...as(user, line), container });
  const line = (other: string) =>
    `umask 002; id -G > box/$(id -un).new; mv box/$(id -un).new box/$(id -un); until [ -e box/${other} ]; do sleep 0.05; done`;
  await s.framework.runGroup('pod', member('nobody', line('daemon')), member('daemon', line('nobody')));
  for (const id of ['nobody', 'daemon']) {
    const { state, message } = await s.framework.end(id);
    assert.equal(state, 'TASK_FINISHED', message ?? '');
  }
  await eventually('the id to be free again', async () => (await metric(s, 'volume_gids_free')) === 2);
});

const refusals: [value: string, says: RegExp][] = [
  ['70000-70001', /must be ranges of group ids, such as \[10000-20000\]/],
  ['[]', /must be ranges of group ids/],
  ['[7-5]', /the range 7-5 must begin at 1 or above/],
  ['[0-5]', /the range 0-5 must begin at 1 or above/],
  ['[5-4294967295]', /end at 4294967294 or below/],
];

test('a range that is none is refused', async () => {
  for (const [value, says] of refusals) {
    const process = new Meseta(['agent', '--master=127.0.0.1:1', '--work_dir=/nowhere', `--volume_gid_range=${value}`]);
    const { code, stderr } = await process.finished;
    assert.equal(code, 1, value);
    assert.match(stderr, says);
  }
});
