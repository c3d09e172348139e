import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unfiltered } from '@meseta/daemon';
import type { MasterResponseGetState, Task } from '@meseta/protocol';
import { recordedCluster } from '../../testing/recorded-cluster.ts';
import { getStateMessage } from '../../views/index.ts';
import { stateParts } from './state-parts.ts';

type Lists = Record<string, Record<string, unknown[]>>;

/** All lists of the parts of a state, put together. */
function together(parts: Iterable<MasterResponseGetState | undefined>): Lists {
  const state: Lists = {};
  for (const part of parts) {
    for (const [group, lists] of Object.entries(part ?? {})) {
      const known = state[group] ?? {};
      state[group] = known;
      for (const [name, list] of Object.entries(lists as Record<string, unknown[]>))
        known[name] = [...(known[name] ?? []), ...list];
    }
  }
  return state;
}

test('the parts of a state are the state, without offers', () => {
  const context = recordedCluster({ offers: true });
  const whole = JSON.parse(JSON.stringify(getStateMessage(context, unfiltered), lists)) as Lists;
  const frameworks = whole.get_frameworks?.frameworks as { offers?: unknown }[];
  assert.ok(frameworks.some(({ offers }) => offers !== undefined));
  for (const framework of frameworks) delete framework.offers;
  const parts = together(stateParts(getStateMessage(context, unfiltered)));
  assert.deepEqual(JSON.parse(JSON.stringify(parts)), withoutEmpty(whole));
});

test('tasks and agents take turns in small parts; where nothing may be seen, a reader can pause', () => {
  const tasks = Array.from({ length: 1000 }, (_, index): Task | undefined =>
    index < 500 ? undefined : ({ name: `t${index}` } as Task),
  );
  const agents = Array.from({ length: 200 }, () => ({})) as never[];
  const parts = [...stateParts({ get_tasks: { tasks }, get_agents: { agents } })];
  const sizes = parts.map(part => part?.get_tasks?.tasks?.length ?? part?.get_agents?.agents?.length ?? 0);
  assert.ok(Math.max(...sizes) < 100, String(sizes));
  assert.ok(parts.filter(part => part === undefined).length >= 5);
  const kinds = parts.map(part => Object.keys(part ?? { nothing: 0 })[0]);
  assert.deepEqual(kinds.slice(0, 4), ['nothing', 'get_agents', 'nothing', 'get_agents']);
  assert.deepEqual(together(parts).get_tasks?.tasks?.length, 500);
});

/** Turns lists that are no arrays into arrays. */
function lists(_: string, value: unknown): unknown {
  const isList = typeof value === 'object' && value !== null && Symbol.iterator in value;
  return isList ? [...(value as Iterable<unknown>)].filter(each => each !== undefined) : value;
}

function withoutEmpty(state: Lists): Lists {
  const filled = Object.entries(state).map(([group, each]) => [
    group,
    Object.fromEntries(Object.entries(each).filter(([, list]) => list.length > 0)),
  ]);
  return Object.fromEntries(filled.filter(([, each]) => Object.keys(each as object).length > 0)) as Lists;
}
