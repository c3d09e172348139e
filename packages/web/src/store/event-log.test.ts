import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encode, encodeRecord, MasterEvent } from '@meseta/protocol';
import { Splitter } from '../stream/splitter.ts';
import { aFramework, anAgent, aStatus, aTask, snapshot, updated } from '../testing/events.ts';
import { ClusterStore } from './cluster.ts';
import type { EventTable } from './event-log.ts';
import { KEPT_EVENTS } from './keys.ts';

function storeOf(events: readonly MasterEvent[], store = new ClusterStore(undefined, () => 5000)): ClusterStore {
  const splitter = new Splitter((kind, bytes) => store.apply(kind, bytes));
  for (const event of events) splitter.push(encodeRecord(encode(MasterEvent, event)));
  return store;
}

const shown = (table: EventTable) =>
  [...table.rows()].map(row => {
    const { kind, id, state, framework, agent, reason, message, at } = table.valuesOf(row);
    assert.equal(at, 5);
    return [kind, id, state, framework, agent, reason, message].join('|');
  });

describe('the log of events', () => {
  test('has an entry for each event, and one for each connection', () => {
    const failed = aStatus('one', 'TASK_FAILED', 1, {
      reason: 'REASON_CONTAINER_LIMITATION_MEMORY',
      message: 'too big',
      agent_id: { value: 'A1' },
    });
    const events: readonly MasterEvent[] = [
      snapshot({ agents: ['A1'], tasks: [aTask({ id: 'old' })] }),
      { type: 'TASK_ADDED', task_added: { task: aTask({ id: 'one', state: 'TASK_STAGING' }) } },
      updated(failed),
      { type: 'HEARTBEAT' },
      { type: 'AGENT_ADDED', agent_added: { agent: anAgent('A2') } },
      { type: 'AGENT_REMOVED', agent_removed: { agent_id: { value: 'A2' } } },
      { type: 'FRAMEWORK_ADDED', framework_added: { framework: aFramework() } },
      { type: 'FRAMEWORK_UPDATED', framework_updated: { framework: aFramework('other') } },
      { type: 'FRAMEWORK_REMOVED', framework_removed: { framework_info: aFramework().framework_info } },
    ];
    assert.deepEqual(shown(storeOf(events).events), [
      'connected||||||The page begins to follow the master. What happened before is not listed.',
      'task added|one|TASK_STAGING|F|A1||',
      'task updated|one|TASK_FAILED|F|A1|REASON_CONTAINER_LIMITATION_MEMORY|too big',
      'agent added|A2|active||A2||A2.example',
      'agent removed|A2|||A2||',
      'framework added|F||F|||marathon',
      'framework updated|F||F|||other',
      'framework removed|F||F|||marathon',
    ]);
  });

  test('keeps the last ones, and as little of each as is shown', () => {
    const many = Array.from({ length: KEPT_EVENTS + 5 }, (_, number) =>
      updated(aStatus(`t${number}`, 'TASK_FAILED', number, { message: 'x'.repeat(5000) })),
    );
    const table = storeOf(many).events;
    assert.equal(table.size, KEPT_EVENTS);
    assert.equal(table.rowOf('5'), undefined);
    const last = table.rowOf(String(KEPT_EVENTS + 5)) as number;
    assert.deepEqual(
      [table.valuesOf(last).id, String(table.valuesOf(last).message).length],
      [`t${KEPT_EVENTS + 4}`, 300],
    );
  });

  test('can be copied, and the copy stays', () => {
    const store = storeOf([updated(aStatus('a', 'TASK_FAILED', 1))]);
    const copy = store.copyEvents();
    storeOf([{ type: 'AGENT_REMOVED', agent_removed: { agent_id: { value: 'A2' } } }], store);
    assert.equal(copy.size, 1);
    assert.equal(store.events.size, 2);
    assert.deepEqual(shown(copy), ['task updated|a|TASK_FAILED|F|||']);
  });
});
