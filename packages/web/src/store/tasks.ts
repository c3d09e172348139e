import { isTerminal, messageType, type TaskState } from '@meseta/protocol/browser';
import { Fields } from '../stream/fields.ts';
import { ListColumn, NumberColumn, TextColumn, WordColumn } from './columns.ts';
import type { Names } from './names.ts';
import { noQuantities, quantitiesInto, quantityNames } from './quantities.ts';
import { hasFailed } from './state-groups.ts';
import { Table } from './table.ts';

/** Where the master keeps a task: among those that run, the ones that have ended, or those of an agent that it does not reach. */
export type TaskGroup = 'active' | 'completed' | 'unreachable';

/** What tasks are filtered, sorted and shown by. `resources` are in cores and MB; times are seconds since the epoch. */
export function taskColumns() {
  return {
    id: new TextColumn(),
    name: new TextColumn(),
    state: new WordColumn(),
    group: new WordColumn(),
    health: new WordColumn(),
    framework: new WordColumn(),
    agent: new WordColumn(),
    executor: new WordColumn(),
    role: new WordColumn(),
    user: new WordColumn(),
    label: new ListColumn(),
    /** Why it failed; empty for tasks that have not. */
    message: new TextColumn(),
    cpus: new NumberColumn(),
    mem: new NumberColumn(),
    disk: new NumberColumn(),
    gpus: new NumberColumn(),
    started: new NumberColumn(),
    updated: new NumberColumn(),
  };
}

/** The table of tasks. */
export type TaskTable = Table<ReturnType<typeof taskColumns>>;

/** Makes an empty table of tasks. @param names what agents are called. */
export function taskTable(names?: Names): TaskTable {
  return new Table(taskColumns(), names);
}

/** The names of states by number, `TASK_RUNNING` of 1. */
const stateNames = messageType('mesos.v1.Task').byName.get('state')?.enumeration?.nameOf ?? new Map<number, string>();

/** Returns the name of a state by its number. */
export const stateOf = (number: number): TaskState => (stateNames.get(number) ?? 'TASK_UNKNOWN') as TaskState;

/** Whether a task of this group and state holds resources of its agent. */
export function isActive(group: string, state: string): boolean {
  return group === 'active' && !isEnded(state);
}

/** Whether a task has ended, even if the master still lists it among the others because its end is not acknowledged. */
function isEnded(state: string): boolean {
  return isTerminal(state as TaskState);
}

/** Returns the ids of a `mesos.v1.Task`. */
export function idsOfTask(bytes: Uint8Array): { frameworkId: string; taskId: string } {
  const fields = new Fields(bytes);
  let [frameworkId, taskId] = ['', ''];
  while (fields.next()) {
    if (fields.number === 2) taskId = fields.id();
    else if (fields.number === 3) frameworkId = fields.knownId();
  }
  return { frameworkId, taskId };
}

/** Fills the row of a task from a `mesos.v1.Task`, except its id. */
export function fillTask({ columns }: TaskTable, row: number, bytes: Uint8Array, group: TaskGroup): void {
  for (const name of ['health', 'executor', 'role', 'user', 'label', 'message'] as const) columns[name].set(row, '');
  for (const name of ['started', 'updated'] as const) columns[name].set(row, Number.NaN);
  const used = noQuantities();
  const fields = new Fields(bytes);
  while (fields.next()) {
    switch (fields.number) {
      case 1:
        columns.name.set(row, fields.word());
        break;
      case 3:
        columns.framework.set(row, fields.knownId());
        break;
      case 4:
        columns.executor.set(row, fields.knownId());
        break;
      case 5:
        columns.agent.set(row, fields.knownId());
        break;
      case 6:
        columns.state.set(row, stateOf(fields.integer()));
        break;
      case 7: {
        const role = quantitiesInto(used, fields.message());
        if (role) columns.role.set(row, role);
        break;
      }
      case 8:
        fillStatus(columns, row, fields.bytes());
        break;
      case 11:
        columns.label.setItems(row, labelsOf(fields.message()));
        break;
      case 14:
        columns.user.set(row, fields.word());
        break;
    }
  }
  columns.group.set(row, isEnded(columns.state.valueOf(row)) ? 'completed' : group);
  for (const name of quantityNames) columns[name].set(row, used[name]);
}

const nothing: Uint8Array = new Uint8Array();

/** What a `mesos.v1.master.Event.TaskUpdated` says. */
export interface TaskUpdate {
  readonly frameworkId: string;
  readonly taskId: string;
  /** The newest state, which may be later than the one of the status. */
  readonly state: TaskState;
  /** The bytes of the `mesos.v1.TaskStatus`, which are a part of the event's. */
  readonly status: Uint8Array;
}

/** Reads a `mesos.v1.master.Event.TaskUpdated`. */
export function readTaskUpdate(bytes: Uint8Array): TaskUpdate {
  const fields = new Fields(bytes);
  let [frameworkId, taskId, state, status] = ['', '', 0, nothing];
  while (fields.next()) {
    if (fields.number === 1) frameworkId = fields.knownId();
    else if (fields.number === 2) {
      status = fields.bytes();
      const inner = new Fields(status);
      while (inner.next()) if (inner.number === 1) taskId = inner.id();
    } else if (fields.number === 3) state = fields.integer();
  }
  return { frameworkId, taskId, state: stateOf(state), status };
}

/** Changes the row of a task by an update. */
export function updateTask({ columns }: TaskTable, row: number, { state, status }: TaskUpdate): void {
  columns.state.set(row, state);
  fillStatus(columns, row, status);
  columns.group.set(row, isTerminal(state) ? 'completed' : state === 'TASK_UNREACHABLE' ? 'unreachable' : 'active');
}

/** Whether a `mesos.v1.TaskStatus` says the same as the one before: state, message, source, reason and health. */
export function isRepeated(before: Uint8Array, status: Uint8Array): boolean {
  const [one, other] = [new Fields(before), new Fields(status)];
  for (;;) {
    const number = nextOfGist(one);
    if (number !== nextOfGist(other)) return false;
    if (number === 0) return true;
    if (!one.isSame(other)) return false;
  }
}

/** Moves to the next field of a status that matters to {@link isRepeated}. @returns its number; 0: there is none. */
function nextOfGist(fields: Fields): number {
  while (fields.next()) {
    const { number } = fields;
    if (number === 2 || number === 4 || (number >= 8 && number <= 10)) return number;
  }
  return 0;
}

function fillStatus(columns: TaskTable['columns'], row: number, bytes: Uint8Array): void {
  const fields = new Fields(bytes);
  let state = '';
  columns.message.set(row, '');
  while (fields.next()) {
    if (fields.number === 2) state = stateOf(fields.integer());
    else if (fields.number === 4 && hasFailed(state)) columns.message.set(row, fields.text());
    else if (fields.number === 6) {
      const at = fields.double();
      columns.updated.set(row, at);
      if (state === 'TASK_RUNNING' && Number.isNaN(columns.started.valueOf(row))) columns.started.set(row, at);
    } else if (fields.number === 8) columns.health.set(row, fields.integer() ? 'healthy' : 'unhealthy');
  }
}

/** Returns labels as texts: `team=x`, `tier=web`. */
function labelsOf(labels: Fields): string[] {
  const texts: string[] = [];
  while (labels.next()) {
    if (labels.number !== 1) continue;
    const label = labels.message();
    let [key, value] = ['', ''];
    while (label.next()) {
      if (label.number === 1) key = label.word();
      else if (label.number === 2) value = `=${label.text()}`;
    }
    texts.push(key + value);
  }
  return texts;
}
