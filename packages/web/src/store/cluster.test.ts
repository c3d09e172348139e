import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encode, encodeRecord, MasterEvent, type Task, type TaskState } from '@meseta/protocol';
import fc from 'fast-check';
import { Splitter } from '../stream/splitter.ts';
import { aFramework, anAgent, aStatus, aTask, snapshot, updated } from '../testing/events.ts';
import { ClusterStore, type HistoryLimits } from './cluster.ts';
import type { Table } from './table.ts';

/** Lets a store read events; the first of a connection is a snapshot. */
function read(store: ClusterStore, events: readonly MasterEvent[]): ClusterStore {
  const splitter = new Splitter((kind, bytes) => store.apply(kind, bytes));
  for (const event of events) {
    if (event.type === 'SUBSCRIBED') store.beginSnapshot();
    splitter.push(encodeRecord(encode(MasterEvent, event)));
  }
  return store;
}

const storeOf = (events: readonly MasterEvent[], limits?: HistoryLimits) => read(new ClusterStore(limits), events);

/** All rows of a table by key. */
function rowsOf(table: Table): object {
  const rows = [...table.rows()].map(row => table.valuesOf(row));
  return Object.fromEntries(rows.map(row => [row.key, row]));
}

/** Everything that snapshots say. The hosts of agents that were removed are known from before. */
const shown = (store: ClusterStore) => ({
  tasks: Object.fromEntries(
    Object.entries(rowsOf(store.tasks as Table)).map(([key, row]) => [
      key,
      store.agents.rowOf(row.agent) === undefined ? { ...row, agent_name: '' } : row,
    ]),
  ),
  agents: rowsOf(store.agents as Table),
  frameworks: rowsOf(store.frameworks as Table),
  sums: store.sums(),
});

describe('a store of a cluster', () => {
  test('takes an agent that it knows for one that changes', () => {
    const added = (id: string): MasterEvent => ({ type: 'AGENT_ADDED', agent_added: { agent: anAgent(id) } });
    const drained = { ...anAgent('A2'), deactivated: true };
    const removed: MasterEvent = { type: 'AGENT_REMOVED', agent_removed: { agent_id: { value: 'A2' } } };
    const { events } = storeOf([
      ...[snapshot({ agents: ['A1'] }), added('A1'), added('A2')],
      ...[{ type: 'AGENT_ADDED' as const, agent_added: { agent: drained } }, removed, added('A2')],
    ]);
    const entries = Object.values(rowsOf(events as Table)).map(({ kind, id, state }) => `${kind} ${id} ${state}`);
    assert.deepEqual(entries.slice(1), [
      'agent updated A1 active',
      'agent added A2 active',
      'agent updated A2 deactivated',
      'agent removed A2 ',
      'agent added A2 active',
    ]);
  });

  test('calls agents by their hosts in tasks and events, also when they were removed, until another user comes', () => {
    const store = storeOf([
      snapshot({ agents: ['A1'], tasks: [aTask({ id: 'one' })] }),
      { type: 'AGENT_REMOVED', agent_removed: { agent_id: { value: 'A1' } } },
    ]);
    const before = store.tasks.names.version;
    const hosts = (table: Table) => Object.values(rowsOf(table)).map(({ agent, agent_name }) => [agent, agent_name]);
    assert.deepEqual(hosts(store.tasks as Table), [['A1', 'A1.example']]);
    assert.deepEqual(hosts(store.events as Table).at(-1), ['A1', 'A1.example']);
    assert.deepEqual(hosts(store.copyEvents() as Table).at(-1), ['A1', 'A1.example']);
    store.clear();
    read(store, [{ type: 'TASK_ADDED', task_added: { task: aTask({ id: 'two' }) } }]);
    assert.deepEqual(hosts(store.tasks as Table), [['A1', '']]);
    assert.deepEqual(hosts(store.events as Table), [['A1', '']]);
    assert.ok(store.tasks.names.version > before, 'views are made again');
  });

  test('remembers the hosts of the last thousand agents that were removed', () => {
    const store = storeOf([snapshot({})]);
    for (let number = 0; number <= 1000; number++) {
      const agent_removed = { agent_id: { value: `N${number}` } };
      read(store, [
        { type: 'AGENT_ADDED', agent_added: { agent: anAgent(`N${number}`) } },
        { type: 'AGENT_REMOVED', agent_removed },
      ]);
    }
    const { agent: hostOf } = store.tasks.names.of;
    assert.deepEqual(
      ['N0', 'N1', 'N1000'].map(id => hostOf?.(id)),
      ['', 'N1.example', 'N1000.example'],
    );
  });

  test('has a row for each task, agent and framework of the snapshot', () => {
    const task = aTask({ id: 'one', labels: { team: 'web', tier: '' } });
    const { tasks, agents, frameworks } = shown(storeOf([snapshot({ tasks: [task], agents: ['A1'] })]));
    assert.deepEqual(tasks, {
      'F/one': {
        key: 'F/one',
        id: 'one',
        name: 'name of one',
        state: 'TASK_RUNNING',
        group: 'active',
        health: '',
        framework: 'F',
        agent: 'A1',
        agent_name: 'A1.example',
        executor: '',
        role: 'web',
        user: '',
        label: 'team=web tier=',
        message: '',
        cpus: 0.5,
        mem: 64,
        disk: 0,
        gpus: 0,
        started: 1000,
        updated: 1000,
      },
    });
    const agent = Object(agents).A1;
    assert.deepEqual(
      [agent.hostname, agent.address, agent.state, agent.cpus, agent.cpus_used, agent.tasks],
      ['A1.example', '10.0.0.1:5051', 'active', 8, 0.5, 1],
    );
    const framework = Object(frameworks).F;
    assert.deepEqual([framework.name, framework.role, framework.tasks, framework.mem_used], ['marathon', 'web', 1, 64]);
  });

  test('follows a task to its end, with all statuses', () => {
    const store = storeOf([
      snapshot({ agents: ['A1'] }),
      { type: 'TASK_ADDED', task_added: { task: aTask({ id: 'a' }) } },
    ]);
    assert.equal(store.sums().used.cpus, 0.5);
    read(store, [
      updated(aStatus('a', 'TASK_RUNNING', 1001, { healthy: false })),
      updated(aStatus('a', 'TASK_FAILED', 1002, { message: 'exit 3', reason: 'REASON_COMMAND_EXECUTOR_FAILED' })),
    ]);
    const row = store.tasks.valuesOf(store.tasks.rowOf('F/a') as number);
    assert.deepEqual([row.state, row.group, row.health, row.updated], ['TASK_FAILED', 'completed', 'unhealthy', 1002]);
    assert.equal(row.message, 'exit 3');
    assert.deepEqual(store.sums().used, { cpus: 0, mem: 0, disk: 0, gpus: 0 });
    const task = store.task('F/a');
    assert.equal(task?.state, 'TASK_FAILED');
    assert.deepEqual(
      task?.statuses?.map(({ state, message }) => [state, message]),
      [
        ['TASK_RUNNING', undefined],
        ['TASK_RUNNING', undefined],
        ['TASK_FAILED', 'exit 3'],
      ],
    );
  });

  test('forgets tasks that an agent has lost while it was not reached, and no others', () => {
    const store = storeOf([
      snapshot({ agents: ['A1', 'A2'], tasks: ['lost', 'kept', 'moved'].map(id => aTask({ id })) }),
      ...['lost', 'kept', 'moved'].map(id => updated(aStatus(id, 'TASK_UNREACHABLE', 1001))),
      { type: 'AGENT_REMOVED', agent_removed: { agent_id: { value: 'A1' } } },
      { type: 'TASK_ADDED', task_added: { task: aTask({ id: 'moved', agent: 'A2' }) } },
    ]);
    assert.deepEqual(store.sums().tasks, { TASK_UNREACHABLE: 2, TASK_RUNNING: 1 });
    read(store, [
      { type: 'AGENT_ADDED', agent_added: { agent: anAgent('A1') } },
      { type: 'TASK_ADDED', task_added: { task: aTask({ id: 'kept' }) } },
    ]);
    assert.deepEqual([...store.tasks.keys()].sort(), ['F/kept', 'F/moved']);
    assert.deepEqual(store.sums().tasks, { TASK_RUNNING: 2 });
  });

  test('shows the later one of two tasks with one id, in whichever order a snapshot has them', () => {
    const before = aTask({ id: 'again', state: 'TASK_FINISHED' });
    const runs = snapshot({ tasks: [aTask({ id: 'again' })], completed: [before], agents: ['A1'] });
    const stored = storeOf([runs]);
    assert.deepEqual(stored.sums().tasks, { TASK_RUNNING: 1 });
    assert.equal(stored.sums().used.cpus, 0.5);
    read(stored, [runs]); // of another connection
    assert.deepEqual(shown(stored), shown(storeOf([runs])));
    read(stored, [snapshot({ completed: [before], agents: ['A1'] })]);
    assert.deepEqual(stored.sums().tasks, { TASK_FINISHED: 1 });
  });

  test('counts what executors hold on their agent and for their framework', () => {
    const held = (cpus: number) => ({
      framework_id: { value: 'F' },
      resources: [{ name: 'cpus', type: 'SCALAR' as const, scalar: { value: cpus } }],
    });
    const changed = (cpus: number): MasterEvent => ({
      type: 'AGENT_ADDED',
      agent_added: { agent: { ...anAgent('A1'), ...(cpus > 0 && { executor_use: [held(cpus)] }) } },
    });
    const use = (store: ClusterStore) => {
      const { agents, frameworks } = shown(store);
      const of = (row: { cpus_used: number; tasks: number }) => [row.cpus_used, row.tasks];
      return [store.sums().used.cpus, of(Object(agents).A1), of(Object(frameworks).F)];
    };
    const store = storeOf([snapshot({ tasks: [aTask({ id: 'a' })], agents: ['A1'] }), changed(0.25)]);
    assert.deepEqual(use(store), [0.75, [0.75, 1], [0.75, 1]]);
    read(store, [changed(0.1), updated(aStatus('a', 'TASK_FINISHED', 2))]);
    assert.deepEqual(use(store), [0.1, [0.1, 0], [0.1, 0]]);
    read(store, [changed(0.2), { type: 'AGENT_REMOVED', agent_removed: { agent_id: { value: 'A1' } } }]);
    assert.equal(store.sums().used.cpus, 0);
    read(store, [snapshot({ agents: ['A1'] }), changed(0.2), changed(0)]);
    assert.deepEqual(use(store), [0, [0, 0], [0, 0]]);
    const entries = Object.values(rowsOf(store.events as Table)).map(({ kind }) => kind);
    assert.ok(!entries.includes('agent updated'), 'executors come and go too often to be listed');
  });

  test('has tasks that ended under an earlier master, and lists no event of them', () => {
    const old = aTask({ id: 'old', state: 'TASK_FAILED' });
    const store = storeOf([snapshot({ agents: ['A1'] }), { type: 'TASK_ADDED', task_added: { task: old } }]);
    const row = store.tasks.valuesOf(store.tasks.rowOf('F/old') as number);
    assert.deepEqual([row.state, row.group, store.sums().used.cpus], ['TASK_FAILED', 'completed', 0]);
    assert.equal(store.events.size, 1);
  });

  test('ignores a status of a task that it does not know', () => {
    const store = storeOf([snapshot({}), updated(aStatus('unknown', 'TASK_RUNNING', 1))]);
    assert.equal(store.tasks.size, 0);
  });

  test('keeps as much of the past as the master', () => {
    const limits = { maxCompletedTasksPerFramework: 2, maxCompletedFrameworks: 0 };
    const ended = ['a', 'b', 'c'].flatMap((id): MasterEvent[] => [
      { type: 'TASK_ADDED', task_added: { task: aTask({ id }) } },
      updated(aStatus(id, 'TASK_FINISHED', 1)),
    ]);
    const store = storeOf([snapshot({ agents: ['A1'] }), ...ended], limits);
    assert.deepEqual(Object.keys(rowsOf(store.tasks as Table)), ['F/b', 'F/c']);
    read(store, [{ type: 'FRAMEWORK_REMOVED', framework_removed: { framework_info: aFramework().framework_info } }]);
    assert.deepEqual([store.tasks.size, store.frameworks.size], [0, 0]);
  });

  test('has exactly what a later snapshot says, and changes only the rows that differ', () => {
    const before = [aTask({ id: 'stays' }), aTask({ id: 'goes' }), aTask({ id: 'ends' })];
    const store = storeOf([snapshot({ tasks: before, agents: ['A1', 'A2'] })]);
    const changed = new Set<string | undefined>();
    const rows = new Map([...store.tasks.rows()].map(row => [row, store.tasks.keyOf(row)]));
    store.tasks.watch(row => changed.add(rows.get(row)));
    const after = snapshot({
      tasks: [aTask({ id: 'stays' })],
      completed: [aTask({ id: 'ends', state: 'TASK_FINISHED' })],
      agents: ['A1'],
    });
    read(store, [after]);
    assert.deepEqual(shown(store), shown(storeOf([after])));
    assert.deepEqual([...changed].sort(), ['F/ends', 'F/goes']);
  });

  test('gets from any snapshot and the events since to the same as from a later snapshot', () => {
    const step = fc.record({
      task: fc.nat(5),
      what: fc.constantFrom('add', 'TASK_RUNNING', 'TASK_KILLED', 'TASK_UNREACHABLE', 'agent'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(40), (steps, since) => {
        const model = new Model();
        const events: MasterEvent[] = [model.snapshot()];
        steps.forEach(({ task, what }, index) => {
          const event = model.step(`t${task}`, what);
          if (index === since % (steps.length + 1)) events.push(model.snapshot());
          else if (event) events.push(event);
        });
        assert.deepEqual(shown(storeOf(events)), shown(storeOf([model.snapshot()])));
      }),
      { numRuns: 100 },
    );
  });
});

/** A master with tasks on agents A0 and A1, of which A0 may come and go. */
class Model {
  readonly #tasks = new Map<string, { task: Task; group: 'tasks' | 'completed' | 'unreachable' }>();
  #hasAgent = true;
  #time = 1000;

  /** Does something, when that makes sense. */
  step(id: string, what: string): MasterEvent | undefined {
    const known = this.#tasks.get(id);
    if (what === 'agent') {
      this.#hasAgent = !this.#hasAgent;
      if (!this.#hasAgent) return { type: 'AGENT_REMOVED', agent_removed: { agent_id: { value: 'A0' } } };
      // It has lost its tasks meanwhile.
      for (const [id, { task, group }] of this.#tasks)
        if (group === 'unreachable' && task.agent_id.value === 'A0') this.#tasks.delete(id);
      return { type: 'AGENT_ADDED', agent_added: { agent: anAgent('A0') } };
    }
    if (what === 'add') {
      if (known) return undefined;
      const task = aTask({ id, agent: `A${this.#tasks.size % 2}` });
      this.#tasks.set(id, { task, group: 'tasks' });
      return { type: 'TASK_ADDED', task_added: { task } };
    }
    if (known === undefined || known.group === 'completed') return undefined;
    const state = what as TaskState;
    const status = aStatus(id, state, ++this.#time);
    known.task = { ...known.task, state, statuses: [...(known.task.statuses ?? []), status] };
    known.group = state === 'TASK_KILLED' ? 'completed' : state === 'TASK_UNREACHABLE' ? 'unreachable' : 'tasks';
    return updated(status);
  }

  snapshot(): MasterEvent {
    const list = (of: string) => [...this.#tasks.values()].filter(({ group }) => group === of).map(({ task }) => task);
    const event = snapshot({
      tasks: list('tasks'),
      completed: list('completed'),
      agents: this.#hasAgent ? ['A0', 'A1'] : ['A1'],
    });
    const tasks = event.subscribed?.get_state?.get_tasks;
    if (tasks) tasks.unreachable_tasks = list('unreachable');
    return event;
  }
}
