/** What the commands of operators print with --json: valid JSON, with the keys that scripts read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meseta } from './support/meseta.ts';
import { running, sceneOf } from './support/operator-scene.ts';

/** A command, and what it prints: one object with these keys, or a list of such. In order: some need what those before did. */
const printed: readonly [line: string, keys: string, kind?: 'list'][] = [
  ['agents', 'active agent_info pid registered_time total_resources version', 'list'],
  ['agent inspect web1', 'active agent_info pid state tasks total_resources version', 'list'],
  ['agent deactivate web2', 'agent_id'],
  ['agent reactivate web2', 'agent_id'],
  ['maintenance schedule web2 --start now --duration 1h', 'hostname ip'],
  ['maintenance show', 'schedule status'],
  ['maintenance show --format jsonl', 'agents answers id mode unavailability'],
  ['maintenance update web2 --duration 2h', 'hostname ip'],
  ['maintenance start web2 --yes', 'hostname ip'],
  ['maintenance stop web2', 'hostname ip'],
  ['maintenance schedule web1 --start now', 'hostname ip'],
  ['maintenance cancel web1', 'hostname ip'],
  ['frameworks', 'active connected framework_info registered_time', 'list'],
  ['framework inspect shaped', 'active connected framework_info tasks', 'list'],
  ['framework why shaped', 'agents framework_id framework_name roles size'],
  ['why shaped cpus:1 --mem 512', 'agents framework_id framework_name roles size'],
  ['tasks', 'agent_id framework_id name resources state statuses task_id', 'list'],
  ['roles', 'frameworks name resources weight', 'list'],
  ['quota set web --guarantee cpus:1 --limit cpus:2', 'guarantees limits role'],
  ['quota show', 'consumed guarantees limits role', 'list'],
  ['quota remove web', 'role'],
  ['weights set web=2', 'role weight'],
  ['weights show', 'role weight', 'list'],
  ['reserve web1 disk:1024 --role web', 'agent_id resources'],
  ['volume create v --agent web1 --role web --size 256', 'agent_id id'],
  ['volume list', 'agent_id id resource tasks', 'list'],
  ['volume grow v 256', 'agent_id id size'],
  ['volume shrink v 256', 'agent_id id size'],
  ['volume destroy v --yes', 'agent_id id'],
  ['unreserve web1 --role web', 'agent_id resources'],
  ['operations', '', 'list'],
  ['metrics master/slaves_active', 'master/slaves_active'],
  ['logging level', 'level'],
  ['masters', 'address elected_ms id state version', 'list'],
  ['leader', 'address hostname id ip pid port version'],
  ['framework teardown shaped --yes', 'framework_id'],
  ['agent drain web1', 'agent_id'],
  ['agent gone web1 --yes', 'agent_id'],
];

test('each command of operators prints its JSON', async t => {
  const { cluster, ok } = await sceneOf(t);
  const framework = await running(cluster, 'web1', 'shaped-task', { name: 'shaped', roles: ['web'] });
  framework.comesBack = false;
  for (const [line, keys, kind] of printed) {
    await t.test(line, async () => {
      const text = await ok(...line.split(' '), ...(line.includes('--format') ? [] : ['--json']));
      const value: unknown = JSON.parse(text);
      assert.equal(Array.isArray(value), kind === 'list');
      for (const each of [value].flat()) {
        const missing = keys.split(' ').filter(key => key !== '' && !Object.hasOwn(each as object, key));
        assert.deepEqual(missing, [], text);
      }
    });
  }
});

test('no command of operators is left out above', async () => {
  const { stdout } = await meseta('help');
  const [, operating = ''] = /\nAgents and machines\n([\s\S]*?)\nTasks\n/.exec(stdout) ?? [];
  const names = [...operating.matchAll(/^ {2}([a-z]+(?: [a-z]+)?) {2,}/gm)].map(([, name]) => name);
  assert.ok(names.length > 25, stdout);
  const seen = (name: string) => printed.some(([line]) => `${line} `.startsWith(`${name} `));
  assert.deepEqual(
    names.filter(name => !seen(name as string)),
    [],
  );
});
