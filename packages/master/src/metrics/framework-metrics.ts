/**
 * Metrics of single frameworks, `master/frameworks/<name>/<id>/…`: what they ask, what they are sent, what becomes of
 * their tasks. Gone with the framework.
 *
 * @see Mesos src/master/metrics.cpp, FrameworkMetrics
 */

import {
  isTerminal,
  type SchedulerCall,
  type SchedulerEvent,
  type SchedulerEventSubscribed,
  type SchedulerEventType,
  type Task,
  type TaskState,
} from '@meseta/protocol';
import type { Counter, Metrics } from '@meseta/telemetry';
import type { ClusterObserver } from '../state/cluster.ts';
import type { Framework, SchedulerConnection } from '../state/framework.ts';
import { countUnreachable } from '../state/task-states.ts';
import type { TaskCounts } from './task-counts.ts';

const calls = [
  'accept accept_inverse_offers acknowledge acknowledge_operation_status decline decline_inverse_offers kill message',
  'reconcile reconcile_operations request revive shutdown subscribe suppress teardown update_framework',
].flatMap(words => words.split(' '));
const events = [
  'error failure heartbeat inverse_offers message offers rescind rescind_inverse_offer subscribed update',
  'update_operation_status',
].flatMap(words => words.split(' '));
const operations =
  'create create_disk destroy destroy_disk grow_volume launch launch_group reserve shrink_volume unreserve'.split(' ');
/** Counters of calls and events by type: there are too many of both to make each name again. */
const callCounters = new Map(calls.map(call => [call.toUpperCase(), `calls/${call}`]));
const eventCounters = new Map(events.map(event => [event.toUpperCase(), `events/${event}`]));
const terminalStates = 'dropped error failed finished gone gone_by_operator killed lost'.split(' ');
const activeStates = ['KILLING', 'RUNNING', 'STAGING', 'STARTING', 'UNKNOWN', 'UNREACHABLE'] as const;

/** The counters of one framework, found by name once. */
class FrameworkCounters {
  readonly prefix: string;
  readonly #counters = new Map<string, Counter>();

  constructor({ id, info }: Framework, metrics: Metrics) {
    this.prefix = `master/frameworks/${pathSafe(info.name)}/${id}/`;
    const names = [
      ...['calls', ...calls.map(call => `calls/${call}`)],
      ...['events', ...events.map(event => `events/${event}`)],
      ...['operations', ...operations.map(operation => `operations/${operation}`)],
      ...['accepted', 'declined', 'rescinded', 'sent'].map(what => `offers/${what}`),
      ...terminalStates.map(state => `tasks/terminal/task_${state}`),
    ];
    for (const name of names) this.#counters.set(name, metrics.counter(this.prefix + name));
  }

  count(name: string, by = 1): void {
    this.#counters.get(name)?.increment(by);
  }

  countEvent(type: SchedulerEventType): void {
    this.count('events');
    this.count(eventCounters.get(type) ?? '');
  }
}

const counters = new WeakMap<Framework, FrameworkCounters>();

/** Escapes a name for use in a metric's name, where a slash separates. */
function pathSafe(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(
    /[!'()*.]/g,
    char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Adds and removes the metrics of frameworks as they come and go. */
export class FrameworkMetrics implements ClusterObserver {
  readonly #metrics: Metrics;
  readonly #tasks: TaskCounts;
  readonly #roles = new WeakMap<Framework, readonly string[]>();

  constructor(metrics: Metrics, tasks: TaskCounts) {
    this.#metrics = metrics;
    this.#tasks = tasks;
  }

  frameworkAdded(framework: Framework): void {
    const own = new FrameworkCounters(framework, this.#metrics);
    counters.set(framework, own);
    this.#metrics.gauge(`${own.prefix}subscribed`, () => (framework.connected ? 1 : 0));
    for (const state of activeStates) {
      const name: TaskState = `TASK_${state}`;
      const read =
        state === 'UNREACHABLE'
          ? () => countUnreachable(framework.unreachableTasks)
          : () => this.#tasks.of(name, framework.id);
      this.#metrics.gauge(`${own.prefix}tasks/active/task_${state.toLowerCase()}`, read);
    }
    this.frameworkUpdated(framework);
  }

  /** Updates the metrics of a framework whose roles may have changed. */
  frameworkUpdated(framework: Framework): void {
    const own = counters.get(framework);
    if (!own) return;
    const name = (role: string) => `${own.prefix}roles/${role}/suppressed`;
    for (const role of this.#roles.get(framework) ?? []) this.#metrics.remove(name(role));
    const roles = [...new Set(framework.roles)];
    this.#roles.set(framework, roles);
    for (const role of roles) {
      this.#metrics.gauge(name(role), () => (framework.suppressedRoles.has(role) ? 1 : 0));
    }
  }

  frameworkRemoved(framework: Framework): void {
    const own = counters.get(framework);
    if (own) this.#metrics.removeAll(own.prefix);
    counters.delete(framework);
  }

  /** Counts the end of a task once, even when it is reported more than once. */
  taskUpdated(task: Task, _status: unknown, framework: Framework, before: TaskState): void {
    if (!isTerminal(task.state) || isTerminal(before)) return;
    counters.get(framework)?.count(`tasks/terminal/${task.state.toLowerCase()}`);
  }
}

/** Counts a call of a framework: its type, and what it does with offers. */
export function countFrameworkCall(framework: Framework, { type, accept, decline }: SchedulerCall): void {
  const own = counters.get(framework);
  if (!own || type === undefined) return;
  own.count('calls');
  own.count(callCounters.get(type) ?? '');
  if (decline) own.count('offers/declined', decline.offer_ids?.length ?? 0);
  if (!accept) return;
  const { offer_ids = [], operations = [] } = accept;
  own.count(operations.length > 0 ? 'offers/accepted' : 'offers/declined', offer_ids.length);
  own.count('operations', operations.length);
  for (const operation of operations) own.count(`operations/${operation.type?.toLowerCase()}`);
}

/** A connection that counts what goes through it. Heartbeats are the connection's own affair and are not counted. */
export class CountedConnection implements SchedulerConnection {
  readonly #framework: Framework;
  readonly #connection: SchedulerConnection;
  readonly kind: SchedulerConnection['kind'];
  declare readonly streamId?: string;
  declare readonly pid?: string;
  declare readonly peer?: string;

  constructor(framework: Framework, connection: SchedulerConnection) {
    this.#framework = framework;
    this.#connection = connection;
    const { kind, streamId, pid, peer } = connection;
    this.kind = kind;
    if (streamId !== undefined) this.streamId = streamId;
    if (pid !== undefined) this.pid = pid;
    if (peer !== undefined) this.peer = peer;
  }

  open(subscribed: SchedulerEventSubscribed, again: boolean, lost: () => void): void {
    countFrameworkCall(this.#framework, { type: 'SUBSCRIBE' });
    counters.get(this.#framework)?.countEvent('SUBSCRIBED');
    this.#connection.open(subscribed, again, lost);
  }

  send(event: SchedulerEvent): void {
    const own = counters.get(this.#framework);
    if (event.type !== undefined) own?.countEvent(event.type);
    if (event.offers) own?.count('offers/sent', event.offers.offers?.length ?? 0);
    else if (event.rescind) own?.count('offers/rescinded');
    this.#connection.send(event);
  }

  close(reason?: string): void {
    if (reason !== undefined) counters.get(this.#framework)?.countEvent('ERROR');
    this.#connection.close(reason);
  }
}
