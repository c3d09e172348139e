import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encode, encodeRecord, MasterEvent } from '@meseta/protocol';
import { ClusterStore } from '../store/cluster.ts';
import { Splitter } from '../stream/splitter.ts';
import { aStatus, aTask, snapshot, updated } from '../testing/events.ts';
import type { FeedStatus, Interest, News } from './messages.ts';
import { PageSession } from './page-session.ts';

const live: FeedStatus = { phase: 'live', received: 0, attempt: 1 };

function aSession() {
  const store = new ClusterStore();
  const splitter = new Splitter((kind, bytes) => store.apply(kind, bytes));
  const happen = (event: MasterEvent) => splitter.push(encodeRecord(encode(MasterEvent, event)));
  happen(snapshot({ tasks: [aTask({ id: 'web-1' }), aTask({ id: 'web-2' })], agents: ['A1'] }));
  let now = 0;
  const session = new PageSession(store, () => now);
  /** What is sent of one interest, and whether more is to come. */
  const flush = () => {
    const { news, isWaiting } = session.flush(live);
    return { sent: news.filter(({ type }) => type !== 'status'), isWaiting };
  };
  return { session, happen, flush, advance: (ms: number) => (now += ms) };
}

const fails = (id: string) => updated(aStatus(id, 'TASK_FAILED', 2000));
const query = { filter: '', sort: 'number', descending: true, offset: 0, limit: 100 };
const events = (isHeld: boolean): Interest => ({ type: 'window', table: 'events', query, ...(isHeld && { isHeld }) });
const states = (isHeld = false): Interest => ({
  type: 'facets',
  table: 'events',
  filter: '',
  columns: ['state'],
  ...(isHeld && { isHeld }),
});
const counted = (messages: readonly News[]) =>
  messages.flatMap(message => (message.type === 'facets' ? message.facets.map(({ values }) => values) : [])).at(-1);
const totals = (messages: readonly News[]) =>
  messages.flatMap(message => (message.type === 'window' ? [message.window.total] : []));

describe('what the worker sends a page', () => {
  test('counts follow changes, but not more often than once a second, and the last change is not forgotten', () => {
    const { session, happen, flush, advance } = aSession();
    session.watch(1, { type: 'facets', table: 'tasks', filter: '', columns: ['state'] });
    assert.deepEqual(counted(flush().sent), [{ value: 'TASK_RUNNING', count: 2 }]);
    happen(fails('web-1'));
    advance(500);
    assert.deepEqual(flush(), { sent: [], isWaiting: true });
    advance(500);
    const { sent, isWaiting } = flush();
    assert.deepEqual(counted(sent), [
      { value: 'TASK_FAILED', count: 1 },
      { value: 'TASK_RUNNING', count: 1 },
    ]);
    assert.equal(isWaiting, false);
  });

  test('events that are held stay, with their counts, while others go on', () => {
    const { session, happen, flush, advance } = aSession();
    session.watch(1, events(true));
    session.watch(2, states(true));
    assert.deepEqual(totals(flush().sent), [1]);
    happen(fails('web-1'));
    advance(5000);
    assert.deepEqual(flush().sent, []);
    session.watch(1, { ...events(true), query: { ...query, filter: 'failed' } } as Interest);
    assert.deepEqual(totals(flush().sent), [1]);
    session.watch(3, events(false));
    assert.deepEqual(totals(flush().sent), [2]);
    session.watch(1, events(false));
    session.watch(2, states(false));
    session.watch(1, events(true));
    assert.deepEqual(totals(flush().sent), [2]);
  });

  test('what someone looks for is answered once', () => {
    const { session, happen, flush } = aSession();
    session.watch(1, { type: 'found', typed: 'web-2' });
    const [answer] = flush().sent;
    assert.ok(answer?.type === 'found');
    assert.deepEqual([answer.typed, answer.found[0]?.id], ['web-2', 'web-2']);
    happen(fails('web-2'));
    assert.deepEqual(flush().sent, []);
  });
});
