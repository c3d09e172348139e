/** Ways through an agent with something that takes part in every launch: hooks, modules, command modules, a logger. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { Flags } from '../daemon.ts';
import { RecordingCommands } from '../recording-commands.ts';
import type { Way } from './scene.ts';

/** A way, and the flags that equip the agent for it. */
export interface EquippedWay extends Way {
  readonly flags: (t: TestContext) => Flags;
}

const health_check = {
  ...{ type: 'COMMAND' as const, command: { value: 'true' } },
  ...{ delay_seconds: 0, interval_seconds: 0.05 },
};

/** A module of a user's: a hook that decorates what it can, and an isolator that takes part in all phases. */
const userModules = `const hook = { kind: 'hook', create: () => ({
  slaveRunTaskLabelDecorator: () => ({ labels: [{ key: 'decorated', value: 'yes' }] }),
  slaveExecutorEnvironmentDecorator: () => ({ variables: [{ name: 'DECORATED', value: 'yes' }] }),
  slaveTaskStatusDecorator: () => undefined,
  slavePostFetchHook() {},
  slaveRemoveExecutorHook() {},
}) };
const isolator = { kind: 'isolator', create: () => ({
  recover() {}, prepare() {}, isolate() {}, update() {}, cleanup() {},
}) };
export default { org_example_Hook: hook, org_example_Isolator: isolator };`;

export const equippedWays: readonly EquippedWay[] = [
  {
    name: 'executor-hooks',
    flags: () => ({ executor_hooks: JSON.stringify({ EXEC_HOOK_COMMAND: 'true', HOOK_TIMEOUT: '5s' }) }),
    launch: (scene, id) => scene.framework.run(scene.task(id, 'sleep 0.1', { health_check })),
  },
  {
    name: 'user-modules',
    flags: t => {
      const commands = new RecordingCommands(t, []);
      const file = path.join(commands.directory, 'modules.mjs');
      writeFileSync(file, userModules);
      const modules = [{ name: 'org_example_Hook' }, { name: 'org_example_Isolator' }];
      writeFileSync(commands.modules, JSON.stringify({ libraries: [{ file, modules }] }));
      return { modules: commands.modules, hooks: 'org_example_Hook', isolation: 'posix/cpu,org_example_Isolator' };
    },
    launch: (scene, id) => scene.framework.run(scene.task(id, 'test "$DECORATED" = yes')),
  },
  {
    name: 'command-modules',
    flags: t => {
      const hooks = ['slaveRunTaskLabelDecorator', 'slaveExecutorEnvironmentDecorator', 'slaveRemoveExecutorHook'];
      const methods = [...hooks, 'prepare', 'isolate', 'cleanup', 'recover'];
      return new RecordingCommands(t, methods as ConstructorParameters<typeof RecordingCommands>[1]).flags;
    },
    launch: (scene, id) => scene.framework.run(scene.task(id, 'exit 0')),
  },
  {
    name: 'container-logger',
    tasks: ['', '-second'],
    flags: () => ({ container_logger: 'logrotate' }),
    launch: (scene, id) => {
      const variables = [{ name: 'CONTAINER_LOGGER_MAX_STDOUT_SIZE', value: '4KB' }];
      const { command, ...task } = scene.task(id, 'seq 1 2000');
      const rotated = { ...task, command: { ...command, environment: { variables } } };
      return scene.framework.runGroup(id, rotated, scene.task(`${id}-second`, 'seq 1 100 >&2'));
    },
  },
  {
    name: 'collected',
    flags: () => ({ gc_delay: '1ms', disk_watch_interval: '1secs' }),
    from: /\/gc\b/,
    launch: (scene, id) => scene.framework.run(scene.task(id, 'mkdir -p a/b/c; touch a/1 a/b/2 a/b/c/3')),
  },
  {
    name: 'evicting',
    flags: () => ({ fetcher_cache_size: '1KB' }),
    launch: async (scene, id) => {
      const file = path.join(scene.cluster.directory, `${id}.txt`);
      writeFileSync(file, 'content'.repeat(100)); // in place of that of the way before
      const { command, ...task } = scene.task(id, `grep -q content ${id}.txt`);
      await scene.framework.run({ ...task, command: { ...command, uris: [{ value: file, cache: true }] } });
    },
  },
];
