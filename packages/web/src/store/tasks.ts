import { isTerminal, type TaskState } from '@meseta/protocol/browser';
import { Fields } from '../stream/fields.ts';
import { ListColumn, NumberColumn, TextColumn, WordColumn } from './columns.ts';
import type { Names } from './names.ts';
import { noQuantities, quantitiesInto, quantityNames } from './quantities.ts';
import { hasFailed } from './state-groups.ts';
import { Table } from './table.ts';
import { readStatus, type StatusView, stateOf } from './task-status.ts';

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
  let frameworkId = '';
  let taskId = '';
  while (fields.next()) {
    if (fields.number === 2) taskId = fields.id();
    else if (fields.number === 3) frameworkId = fields.knownId();
  }
  return { frameworkId, taskId };
}

/** The columns of what a task need not have. */
const optional = ['health', 'executor', 'role', 'user', 'label', 'message', 'started', 'updated'] as const;

/** Fills the row of a task from a `mesos.v1.Task`, except its id. */
export function fillTask({ columns }: TaskTable, row: number, bytes: Uint8Array, group: TaskGroup): void {
  for (const name of optional) columns[name].clear(row);
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
        fillStatus(columns, row, readStatus(fields.message()));
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

/** What a `mesos.v1.master.Event.TaskUpdated` says. */
export interface TaskUpdate {
  readonly frameworkId: string;
  /** The newest state, which may be later than the one of the status. */
  readonly state: TaskState;
  readonly status: StatusView;
  /** The `mesos.v1.TaskStatus`, a part of the event's bytes. */
  readonly bytes: Uint8Array;
}

const noStatus = readStatus(new Fields(new Uint8Array()));
const nothing: Uint8Array = new Uint8Array();

/** Reads a `mesos.v1.master.Event.TaskUpdated`. @throws {RangeError} when it is malformed. */
export function readTaskUpdate(event: Uint8Array): TaskUpdate {
  const fields = new Fields(event);
  let frameworkId = '';
  let state = 0;
  let status = noStatus;
  let bytes = nothing;
  while (fields.next()) {
    if (fields.number === 1) frameworkId = fields.knownId();
    else if (fields.number === 2) {
      status = readStatus(fields.message());
      bytes = fields.bytes();
    } else if (fields.number === 3) state = fields.integer();
  }
  return { frameworkId, state: stateOf(state), status, bytes };
}

/** Changes the row of a task by an update. */
export function updateTask({ columns }: TaskTable, row: number, { state, status }: TaskUpdate): void {
  columns.state.set(row, state);
  fillStatus(columns, row, status);
  columns.group.set(row, isTerminal(state) ? 'completed' : state === 'TASK_UNREACHABLE' ? 'unreachable' : 'active');
}

function fillStatus(columns: TaskTable['columns'], row: number, status: StatusView): void {
  const { state, message, timestamp, healthy } = status;
  columns.message.set(row, hasFailed(state) ? message : '');
  if (healthy !== undefined) columns.health.set(row, healthy ? 'healthy' : 'unhealthy');
  if (Number.isNaN(timestamp)) return;
  columns.updated.set(row, timestamp);
  if (state === 'TASK_RUNNING' && Number.isNaN(columns.started.valueOf(row))) columns.started.set(row, timestamp);
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
