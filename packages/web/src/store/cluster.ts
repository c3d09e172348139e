/** The cluster as the master's stream of events describes it: tables of agents, frameworks and tasks, with sums. */
import {
  decode,
  type FrameworkInfo,
  isTerminal,
  type MasterResponseGetAgentsAgent,
  messageType,
  type Task,
  type TaskState,
} from '@meseta/protocol/browser';
import { idIn, messageIn } from '../stream/fields.ts';
import type { PartKind } from '../stream/splitter.ts';
import { currentTime } from '../time.ts';
import { AgentNames } from './agent-names.ts';
import { type AgentTable, agentTable, executorUseOf, fillAgent, isChangeOfExecutors, readAgent } from './agents.ts';
import type { WordColumn } from './columns.ts';
import { EventLog, type EventTable } from './event-log.ts';
import {
  type FrameworkTable,
  type FrameworkView,
  fillFramework,
  frameworkTable,
  readFramework,
  readFrameworkInfo,
} from './frameworks.ts';
import { idOfTaskKey, taskKey } from './keys.ts';
import { KeysBy } from './keys-by.ts';
import { PackedRecords } from './packed-records.ts';
import { noQuantities, type Quantities, quantityNames } from './quantities.ts';
import { ResourceUse } from './resource-use.ts';
import {
  agentAdded,
  agentRemoved,
  connected,
  frameworkChanged,
  type ShownEvent,
  taskAdded,
  taskUpdated,
} from './shown-event.ts';
import { TaskRecords } from './task-records.ts';
import {
  fillTask,
  idsOfTask,
  readTaskUpdate,
  type TaskGroup,
  type TaskTable,
  type TaskUpdate,
  taskTable,
  updateTask,
} from './tasks.ts';

/** How much of the past is kept. The master has flags with these names and values. */
export interface HistoryLimits {
  /** Default: 1000. */
  readonly maxCompletedTasksPerFramework: number;
  /** Default: 50. */
  readonly maxCompletedFrameworks: number;
}

const usualLimits: HistoryLimits = { maxCompletedTasksPerFramework: 1000, maxCompletedFrameworks: 50 };

/** What {@link ClusterStore.sums} returns. */
export interface Sums {
  /** The number of tasks by state. */
  readonly tasks: Readonly<Record<string, number>>;
  /** The number of agents by state. */
  readonly agents: Readonly<Record<string, number>>;
  /** The number of frameworks by state. */
  readonly frameworks: Readonly<Record<string, number>>;
  /** What all agents have. */
  readonly total: Quantities;
  /** What tasks and executors hold. */
  readonly used: Quantities;
}

/** Of two tasks with one id, the one of the higher rank is the later one. */
const groupRank: Readonly<Record<TaskGroup, number>> = { active: 2, unreachable: 1, completed: 0 };

const TaskMessage = messageType<Task>('mesos.v1.Task');

/** Follows one cluster. Call {@link apply} with every part of the stream; a snapshot replaces what is there and changes only what differs. */
export class ClusterStore {
  readonly agents: AgentTable = agentTable();
  readonly #names = new AgentNames(this.agents);
  readonly tasks: TaskTable = taskTable(this.#names);
  readonly frameworks: FrameworkTable = frameworkTable();
  readonly #log: EventLog;
  readonly #limits: HistoryLimits;
  readonly #taskRecords = new TaskRecords();
  readonly #agentRecords = new PackedRecords();
  readonly #frameworkViews = new Map<string, { view: FrameworkView; ended: boolean }>();
  readonly #use = new ResourceUse(this.agents, this.frameworks);
  /** Keys of tasks that have ended, by framework, oldest first. */
  readonly #completed = new KeysBy();
  /** Keys of tasks whose agent is not reached, by agent. */
  readonly #unreachable = new KeysBy();
  readonly #completedFrameworks = new Set<string>();
  /** What a snapshot that is arriving has not mentioned so far; undefined: none is arriving. */
  #unseen: { tasks: Set<string>; agents: Set<string>; frameworks: Set<string> } | undefined;

  /** @param now milliseconds since the epoch, for the times of events. Default: by the browser's clock. */
  constructor(limits: HistoryLimits = usualLimits, now = currentTime) {
    this.#limits = limits;
    this.#log = new EventLog(now, this.#names);
  }

  /** The last events. */
  get events(): EventTable {
    return this.#log.table;
  }

  /** Returns the events of now, in a table that stays as it is. */
  copyEvents(): EventTable {
    return this.#log.copy();
  }

  /** Begins a snapshot: what it does not mention is removed at its end. */
  beginSnapshot(): void {
    this.#unseen = {
      tasks: new Set(this.tasks.keys()),
      agents: new Set(this.agents.keys()),
      frameworks: new Set(this.#frameworkViews.keys()),
    };
  }

  /** Forgets everything: what one user saw is not for the next. */
  clear(): void {
    this.beginSnapshot();
    this.#endSnapshot();
    this.#log.clear();
    this.#names.clear();
  }

  /** Takes the next part of the stream. @throws {DecodeError} {RangeError} when it is malformed. */
  apply(kind: PartKind, bytes: Uint8Array): void {
    const event = this.#appliers[kind]?.(bytes);
    if (event) this.#log.note(event);
  }

  /** Returns a task with all its statuses; undefined: there is none. */
  task(key: string): Task | undefined {
    const row = this.tasks.rowOf(key);
    if (row === undefined) return undefined;
    const task = decode(TaskMessage, this.#taskRecords.of(row));
    return { ...task, state: this.tasks.columns.state.valueOf(row) as Task['state'] };
  }

  /** Returns an agent; undefined: there is none. */
  agent(id: string): ReturnType<typeof readAgent> | undefined {
    const row = this.agents.rowOf(id);
    return row === undefined ? undefined : readAgent(this.#agentRecords.of(row));
  }

  /** Returns a framework; undefined: there is none. */
  framework(id: string): FrameworkView | undefined {
    return this.#frameworkViews.get(id)?.view;
  }

  /** Returns how many there are of everything. */
  sums(): Sums {
    const total = noQuantities();
    for (const row of this.agents.rows())
      for (const name of quantityNames) total[name] += this.agents.columns[name].valueOf(row);
    return {
      tasks: countsOf(this.tasks.columns.state),
      agents: countsOf(this.agents.columns.state),
      frameworks: countsOf(this.frameworks.columns.state),
      total,
      used: this.#use.sum(),
    };
  }

  /** What to do with each part; they return what the log of events shows of it. */
  readonly #appliers: Partial<Record<PartKind, (bytes: Uint8Array) => ShownEvent | undefined>> = {
    'snapshot task': bytes => void this.#putTask(bytes, 'active'),
    'snapshot completed task': bytes => void this.#putTask(bytes, 'completed'),
    'snapshot unreachable task': bytes => void this.#putTask(bytes, 'unreachable'),
    'snapshot framework': bytes => void this.#putFramework(readFramework(bytes), false),
    'snapshot completed framework': bytes => void this.#putFramework(readFramework(bytes), true),
    'snapshot agent': bytes => void this.#putAgent(readAgent(bytes), bytes),
    'snapshot end': () => {
      this.#endSnapshot();
      return connected;
    },
    'task added': bytes => this.#addTask(messageIn(bytes, 1)),
    'task updated': bytes => this.#updateTask(readTaskUpdate(bytes)),
    'agent added': bytes => this.#addAgent(messageIn(bytes, 1)),
    'agent removed': bytes => {
      const id = idIn(bytes, 1);
      this.#removeAgent(id);
      return agentRemoved(id);
    },
    'framework added': bytes => {
      const framework = this.#putFramework(readFramework(messageIn(bytes, 1)), false);
      return frameworkChanged('framework added', framework);
    },
    'framework updated': bytes => {
      const framework = this.#putFramework(readFramework(messageIn(bytes, 1)), false);
      return frameworkChanged('framework updated', framework);
    },
    'framework removed': bytes => {
      const framework = readFrameworkInfo(messageIn(bytes, 1));
      this.#completeFramework(framework.id?.value ?? '');
      return frameworkChanged('framework removed', framework);
    },
  };

  /** @returns the row of the task. */
  #putTask(bytes: Uint8Array, group: TaskGroup): number {
    const { frameworkId, taskId } = idsOfTask(bytes);
    const key = taskKey(frameworkId, taskId);
    const known = this.tasks.rowOf(key);
    if (known !== undefined && this.#isOlderRun(key, known, group)) return known;
    this.#unseen?.tasks.delete(key);
    const isSame = known !== undefined && this.#taskRecords.isSame(known, bytes);
    if (isSame && this.tasks.columns.group.valueOf(known) === group) return known;
    if (known !== undefined) {
      this.#use.countTask(this.tasks, known, -1);
      this.#unreachable.delete(this.tasks.columns.agent.valueOf(known), key); // it may run on another agent now
    }
    const row = this.tasks.obtain(key);
    // A part of the key, which needs no memory of its own.
    if (known === undefined) this.tasks.columns.id.set(row, idOfTaskKey(key));
    fillTask(this.tasks, row, bytes, group);
    this.#taskRecords.set(row, bytes, frameworkId);
    this.#changed(row);
    return row;
  }

  /** A task that ended under an earlier master comes when its agent tells of it: nothing has happened that the log would tell of. */
  #addTask(bytes: Uint8Array): ShownEvent | undefined {
    const row = this.#putTask(bytes, 'active');
    return isTerminal(this.tasks.columns.state.valueOf(row) as TaskState) ? undefined : taskAdded(this.tasks, row);
  }

  /**
   * Whether a snapshot tells of a task after it has told of a later one with the same id: a framework may launch a task under the id
   * of one that has ended.
   */
  #isOlderRun(key: string, known: number, group: TaskGroup): boolean {
    if (this.#unseen === undefined || this.#unseen.tasks.has(key)) return false;
    return groupRank[group] < groupRank[this.tasks.columns.group.valueOf(known) as TaskGroup];
  }

  #updateTask(update: TaskUpdate): ShownEvent {
    const row = this.tasks.rowOf(taskKey(update.frameworkId, update.status.taskId));
    if (row === undefined) return taskUpdated(update); // ended long ago, and no longer kept
    this.#use.countTask(this.tasks, row, -1);
    updateTask(this.tasks, row, update);
    this.#taskRecords.addStatus(row, update.bytes);
    this.#changed(row);
    return taskUpdated(update);
  }

  /** Counts a task that has changed, and was not counted meanwhile. */
  #changed(row: number): void {
    this.#use.countTask(this.tasks, row, 1);
    this.tasks.changed(row);
    const { framework, agent, group } = this.tasks.columns;
    const key = this.tasks.keyOf(row) as string;
    if (group.valueOf(row) === 'unreachable') this.#unreachable.add(agent.valueOf(row), key);
    else this.#unreachable.delete(agent.valueOf(row), key);
    if (group.valueOf(row) === 'completed') this.#complete(framework.valueOf(row), key);
    else this.#completed.delete(framework.valueOf(row), key);
  }

  /** Notes that a task has ended; of too many, the oldest is forgotten. */
  #complete(frameworkId: string, key: string): void {
    const keys = this.#completed.add(frameworkId, key);
    // Before the loop, which makes an object for its place.
    if (keys.size <= this.#limits.maxCompletedTasksPerFramework) return;
    for (const oldest of keys) {
      this.#removeTask(oldest);
      if (keys.size <= this.#limits.maxCompletedTasksPerFramework) return;
    }
  }

  #removeTask(key: string): void {
    const row = this.tasks.rowOf(key);
    if (row === undefined) return;
    this.#use.countTask(this.tasks, row, -1);
    this.#completed.delete(this.tasks.columns.framework.valueOf(row), key);
    this.#unreachable.delete(this.tasks.columns.agent.valueOf(row), key);
    this.#taskRecords.delete(row);
    this.tasks.remove(key);
  }

  #addAgent(bytes: Uint8Array): ShownEvent | undefined {
    const agent = readAgent(bytes);
    const id = agent.agent_info.id?.value ?? '';
    const row = this.agents.rowOf(id);
    const before = row === undefined ? undefined : readAgent(this.#agentRecords.of(row));
    // An agent that is reached again brings its tasks, whose events follow; the master forgets the others without one.
    if (before === undefined) for (const key of [...this.#unreachable.of(id)]) this.#removeTask(key);
    this.#putAgent(agent, bytes);
    return before && isChangeOfExecutors(before, agent) ? undefined : agentAdded(agent, before !== undefined);
  }

  #putAgent(agent: MasterResponseGetAgentsAgent, bytes: Uint8Array): void {
    const id = agent.agent_info.id?.value ?? '';
    this.#unseen?.agents.delete(id);
    this.#names.note(id, agent.agent_info.hostname);
    const row = this.agents.obtain(id);
    this.#agentRecords.set(row, bytes, 'agent');
    fillAgent(this.agents, row, agent);
    this.#use.countExecutors(id, executorUseOf(agent));
    this.#use.onAgents.show(id, row);
    this.agents.changed(row);
  }

  #removeAgent(id: string): void {
    if (this.agents.rowOf(id) === undefined) return;
    this.#names.keep(id);
    this.#use.countExecutors(id, []);
    this.#agentRecords.delete(this.agents.remove(id) as number);
  }

  #putFramework(view: FrameworkView, ended: boolean): FrameworkInfo {
    const id = view.framework_info.id?.value ?? '';
    this.#unseen?.frameworks.delete(id);
    this.#frameworkViews.set(id, { view, ended });
    this.#completedFrameworks.delete(id);
    if (ended) this.#completedFrameworks.add(id);
    const row = this.frameworks.obtain(id);
    fillFramework(this.frameworks, row, view, ended);
    this.#use.byFrameworks.show(id, row);
    this.frameworks.changed(row);
    return view.framework_info;
  }

  #completeFramework(id: string): void {
    const known = this.#frameworkViews.get(id);
    if (known === undefined) return;
    this.#putFramework({ ...known.view, active: false, connected: false }, true);
    for (const oldest of this.#completedFrameworks) {
      if (this.#completedFrameworks.size <= this.#limits.maxCompletedFrameworks) return;
      this.#removeFramework(oldest);
    }
  }

  #removeFramework(id: string): void {
    this.#frameworkViews.delete(id);
    this.#completedFrameworks.delete(id);
    this.frameworks.remove(id);
    for (const key of [...this.#completed.of(id)]) this.#removeTask(key);
  }

  #endSnapshot(): void {
    const unseen = this.#unseen;
    this.#unseen = undefined;
    if (unseen === undefined) return;
    for (const key of unseen.tasks) this.#removeTask(key);
    for (const id of unseen.agents) this.#removeAgent(id);
    for (const id of unseen.frameworks) this.#removeFramework(id);
  }
}

/** Counts the rows with each word of a column that no row is without. */
function countsOf(column: WordColumn): Record<string, number> {
  const counts: Record<string, number> = {};
  column.words.forEach((word, number) => {
    if (word !== '') counts[word] = column.usesOf(number);
  });
  return counts;
}
