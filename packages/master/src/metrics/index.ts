/** The master's metrics by Mesos's names. Counters of messages and transitions are counted where these happen. */
import type { OfferOperationType, OperationState, TaskState } from '@meseta/protocol';
import type { Reading } from '@meseta/telemetry';
import type { MasterContext } from '../context.ts';
import { countUnreachable } from '../state/task-states.ts';
import { type Census, takeCensus } from './census.ts';
import { FrameworkMetrics } from './framework-metrics.ts';
import { oncePerReading } from './once-per-reading.ts';
import { RoleMetrics, shownResources } from './role-metrics.ts';
import { TaskCounts } from './task-counts.ts';

export { publishQuota } from './role-metrics.ts';

/** The counters that exist from the start, so that monitoring sees their zero. */
const countersFromStart = [
  'dropped_messages http_cache_hits recovery_slave_removals slave_registrations slave_removals slave_reregistrations',
  'slave_removals/reason_registered slave_removals/reason_unhealthy slave_removals/reason_unregistered',
  'slave_shutdowns_canceled slave_shutdowns_completed slave_shutdowns_scheduled',
  'slave_unreachable_canceled slave_unreachable_completed slave_unreachable_scheduled',
  ...[
    'executor_to_framework_messages framework_to_executor_messages operation_status_update_acknowledgements',
    'operation_status_updates status_update_acknowledgements status_updates',
  ].flatMap(words => words.split(' ').map(name => `valid_${name} invalid_${name}`)),
  ...[
    'authenticate deactivate_framework decline_offers executor_to_framework exited_executor framework_to_executor',
    'kill_task launch_tasks operation_status_update operation_status_update_acknowledgement reconcile_operations',
    'reconcile_tasks register_framework register_slave reregister_framework reregister_slave resource_request',
    'revive_offers status_update status_update_acknowledgement suppress_offers unregister_framework unregister_slave',
    'update_slave',
  ].flatMap(words => words.split(' ').map(name => `messages_${name}`)),
  ...'dropped error failed finished gone gone_by_operator killed lost'.split(' ').map(state => `tasks_${state}`),
].flatMap(words => words.split(' '));

const liveStates: readonly TaskState[] = ['TASK_KILLING', 'TASK_RUNNING', 'TASK_STAGING', 'TASK_STARTING'];

const resourceNames = ['cpus', 'disk', 'gpus', 'mem'];

const operationTypes: readonly OfferOperationType[] = [
  'CREATE',
  'CREATE_DISK',
  'DESTROY',
  'DESTROY_DISK',
  'GROW_VOLUME',
  'RESERVE',
  'SHRINK_VOLUME',
  'UNRESERVE',
];
const endedOperations = ['dropped', 'error', 'failed', 'finished', 'gone_by_operator'];
const openOperations: readonly OperationState[] = [
  'OPERATION_PENDING',
  'OPERATION_RECOVERING',
  'OPERATION_UNREACHABLE',
];

/** Adds them all, those of frameworks and roles as these come and go. Once, before anything is in the cluster. */
export function addMasterMetrics(context: MasterContext): void {
  const { cluster, metrics, flags } = context;
  const census = oncePerReading(metrics, () => takeCensus(cluster));
  const tasks = new TaskCounts();
  cluster.observe(tasks);
  cluster.observe(new RoleMetrics(context));
  if (flags.publish_per_framework_metrics) cluster.observe(new FrameworkMetrics(metrics, tasks));

  for (const name of countersFromStart) metrics.counter(`master/${name}`);
  const gauges: Record<string, () => number> = {
    'master/outstanding_offers': () => cluster.offers.size,
    'master/slaves_unreachable': () => cluster.unreachableAgents.size,
    'master/tasks_unreachable': () =>
      cluster.frameworks.values().reduce((sum, { unreachableTasks }) => sum + countUnreachable(unreachableTasks), 0),
    // There are no queues of their own for these: what Mesos would dispatch is called.
    'master/event_queue_dispatches': () => 0,
    'master/event_queue_http_requests': () => 0,
    'allocator/event_queue_dispatches': () => 0,
    'allocator/mesos/event_queue_dispatches': () => 0,
    'registrar/log/ensemble_size': () => 1,
  };
  for (const [name, read] of Object.entries(gauges)) metrics.gauge(name, read);
  for (const state of liveStates) metrics.gauge(`master/${lower(state, 'TASK_', 'tasks_')}`, () => tasks.of(state));
  for (const what of ['active', 'inactive', 'connected', 'disconnected'] as const) {
    metrics.gauge(`master/slaves_${what}`, reading => census(reading).agents[what]);
    metrics.gauge(`master/frameworks_${what}`, reading => census(reading).frameworks[what]);
  }
  addResources(context, census);
  addOperations(context, census);
}

function addResources({ metrics }: MasterContext, census: (reading: Reading) => Census): void {
  for (const name of resourceNames.flatMap(each => [each, `${each}_revocable`])) {
    metrics.gauge(`master/${name}_total`, reading => census(reading).total(name));
    metrics.gauge(`master/${name}_used`, reading => census(reading).used(name));
    metrics.gauge(`master/${name}_percent`, reading => {
      const { total, used } = census(reading);
      return total(name) > 0 ? used(name) / total(name) : 0;
    });
  }
  for (const name of resourceNames) {
    metrics.gauge(`master/${name}_offered`, reading => census(reading).offered(name));
    metrics.gauge(`master/${name}_reserved`, reading => census(reading).reserved(name));
  }
  for (const name of shownResources) {
    metrics.gauge(`allocator/mesos/resources/${name}/total`, reading => census(reading).total(name));
    metrics.gauge(`allocator/mesos/resources/${name}/offered_or_allocated`, reading => census(reading).taken(name));
  }
}

/** Of all operations and of each type: how many are under way, how many ended how, and the sum of these. */
function addOperations({ metrics }: MasterContext, census: (reading: Reading) => Census): void {
  for (const type of [undefined, ...operationTypes]) {
    const prefix = `master/operations/${type === undefined ? '' : `${type.toLowerCase()}/`}`;
    const ended = endedOperations.map(state => metrics.counter(prefix + state));
    for (const state of openOperations) {
      metrics.gauge(prefix + lower(state, 'OPERATION_', ''), reading => census(reading).operations(state, type));
    }
    metrics.gauge(`${prefix}total`, reading => {
      const { operations } = census(reading);
      const open = openOperations.reduce((sum, state) => sum + operations(state, type), 0);
      return ended.reduce((sum, { value }) => sum + value, open);
    });
  }
}

function lower(state: string, prefix: string, replacement: string): string {
  return replacement + state.slice(prefix.length).toLowerCase();
}
