import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AgentMapView } from './agent-map.ts';
import { agentTable } from './agents.ts';

function scene() {
  const table = agentTable();
  const put = (id: string, values: Readonly<Record<string, string | number>>) => {
    const row = table.obtain(id);
    const all = { ...{ id, hostname: `host-${id}`, state: 'active', region: '', zone: '', tasks: 0 }, ...values };
    for (const name of ['cpus', 'mem', 'disk', 'gpus', 'cpus_used', 'mem_used', 'disk_used', 'gpus_used'] as const)
      table.columns[name].set(row, Number(values[name] ?? 0));
    for (const name of ['id', 'hostname', 'state', 'region', 'zone'] as const)
      table.columns[name].set(row, String(all[name]));
    table.columns.tasks.set(row, Number(all.tasks));
    table.changed(row);
  };
  return { table, put, view: new AgentMapView(table) };
}

test('the map has agents by region, zone and host', () => {
  const { put, view } = scene();
  put('1', { region: 'west', zone: 'b' });
  put('2', { region: 'east', zone: 'c' });
  put('3', { region: 'west', zone: 'a' });
  put('4', { region: 'east', zone: 'c', hostname: 'a' });
  assert.deepEqual(view.news()?.members, { ids: ['4', '2', '3', '1'], hosts: ['a', 'host-2', 'host-3', 'host-1'] });
});

test('the map sends members only when they change, and nothing when nothing does', () => {
  const { table, put, view } = scene();
  put('1', {});
  assert.ok(view.news()?.members);
  assert.equal(view.news(), undefined);
  put('1', { tasks: 3 });
  const news = view.news();
  assert.deepEqual([news?.members, [...(news?.values.tasks ?? [])]], [undefined, [3]]);
  put('1', { hostname: 'renamed' });
  assert.deepEqual(view.news()?.members?.hosts, ['renamed']);
  table.remove('1');
  assert.deepEqual(view.news()?.members?.ids, []);
  put('2', {}); // in the row of the one that has gone
  assert.deepEqual(view.news()?.members?.ids, ['2']);
});
