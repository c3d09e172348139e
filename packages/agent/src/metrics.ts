/** The agent's metrics under Mesos's names. Counters that other files increment are made here too, so that they are shown at 0. */

import type { Resource, TaskState } from '@meseta/protocol';
import { addSystemMetrics } from '@meseta/telemetry';
import type { AgentContext } from './context.ts';
import type { Agent } from './state/agent.ts';
import type { ExecutorState } from './state/executor.ts';
import { executorResources } from './views/allocated.ts';

const counters = [
  'containerizer/docker/container_remove_errors',
  'containerizer/docker/containers_of_others',
  'containerizer/docker/containers_removed',
  'containerizer/fetcher/task_fetches_failed',
  'containerizer/fetcher/task_fetches_succeeded',
  'containerizer/mesos/container_destroy_errors',
  'containerizer/mesos/provisioner/bind/remove_rootfs_errors',
  'containerizer/mesos/provisioner/remove_container_errors',
  'gc/path_removals_failed',
  'gc/path_removals_succeeded',
  'resource_provider_manager/events/disconnect',
  'resource_provider_manager/events/subscribe',
  'slave/container_launch_errors',
  'slave/executors_preempted',
  'slave/executors_terminated',
  'slave/invalid_framework_messages',
  'slave/invalid_status_updates',
  'slave/recovery_errors',
  'slave/tasks_failed',
  'slave/tasks_finished',
  'slave/tasks_gone',
  'slave/tasks_killed',
  'slave/tasks_lost',
  'slave/valid_framework_messages',
  'slave/valid_status_updates',
];

/** Gauges of features that are not built yet, or that other parts set. */
const zeroes = [
  'containerizer/fetcher/cache_size_total_bytes',
  'containerizer/fetcher/cache_size_used_bytes',
  'gc/path_removals_pending',
  'resource_provider_manager/subscribed',
  'slave/recovery_time_secs',
];

const endCounters: Partial<Record<TaskState, string>> = {
  TASK_FINISHED: 'slave/tasks_finished',
  TASK_FAILED: 'slave/tasks_failed',
  TASK_KILLED: 'slave/tasks_killed',
  TASK_LOST: 'slave/tasks_lost',
  TASK_GONE: 'slave/tasks_gone',
};

const resourceNames = ['cpus', 'gpus', 'mem', 'disk'] as const;

/** The gauges of one snapshot are read in one go, so the used resources are added up once for all of them. */
const usedForMs = 50;

/** Adds every metric of an agent. @see Mesos src/slave/metrics.cpp */
export function addAgentMetrics(context: Pick<AgentContext, 'agent' | 'clock' | 'flags' | 'metrics'>): void {
  const { agent, clock, flags, metrics } = context;
  addSystemMetrics(metrics);
  for (const name of counters) metrics.counter(name);
  for (const name of zeroes) metrics.gauge(name);
  const allowedAgeMs = flags.gc_delay * Math.max(0, 1 - flags.gc_disk_headroom); // until the disk is looked at
  metrics.gauge('slave/executor_directory_max_allowed_age_secs').set(allowedAgeMs / 1000);
  const startedMs = clock.steady();
  metrics.gauge('slave/uptime_secs', () => (clock.steady() - startedMs) / 1000);
  metrics.gauge('slave/registered', () => (agent.state === 'RUNNING' ? 1 : 0));
  metrics.gauge('slave/frameworks_active', () => agent.frameworks.size);
  for (const state of ['REGISTERING', 'RUNNING', 'TERMINATING'] as const) {
    metrics.gauge(`slave/executors_${state.toLowerCase()}`, () => countExecutors(agent, state));
  }
  for (const state of ['STAGING', 'STARTING', 'RUNNING', 'KILLING'] as const) {
    metrics.gauge(`slave/tasks_${state.toLowerCase()}`, () => countTasks(agent, `TASK_${state}`));
  }
  addResourceMetrics(context);
  countEnds(context);
}

function countExecutors(agent: Agent, state: ExecutorState): number {
  let count = 0;
  for (const executor of agent.executors()) if (executor.state === state) count++;
  return count;
}

function countTasks(agent: Agent, state: TaskState): number {
  let count = 0;
  for (const { queuedTasks, launchedTasks } of agent.executors()) {
    if (state === 'TASK_STAGING') count += queuedTasks.size;
    for (const task of launchedTasks.values()) if (task.state === state) count++;
  }
  return count;
}

/** What ends while this agent runs; tasks and executors that had ended before are not counted again. */
function countEnds({ agent, metrics }: Pick<AgentContext, 'agent' | 'metrics'>): void {
  agent.observe({
    taskUpdated(_, { state }) {
      const name = endCounters[state];
      if (name !== undefined) metrics.counter(name).increment();
    },
    executorTerminated: () => metrics.counter('slave/executors_terminated').increment(),
  });
}

function addResourceMetrics({ agent, clock, metrics }: Pick<AgentContext, 'agent' | 'clock' | 'metrics'>): void {
  let used = new Map<string, number>();
  let readAt = Number.NEGATIVE_INFINITY;
  const usedNow = (name: string) => {
    const now = clock.now();
    if (Math.abs(now - readAt) > usedForMs) {
      used = usedScalars(agent);
      readAt = now;
    }
    return used.get(name) ?? 0;
  };
  for (const name of resourceNames) {
    const total = () => agent.info.resources?.reduce((sum, resource) => sum + scalarOf(resource, name), 0) ?? 0;
    const percent = () => (total() === 0 ? 0 : usedNow(name) / total());
    metrics.gauge(`slave/${name}_total`, total);
    metrics.gauge(`slave/${name}_used`, () => usedNow(name));
    metrics.gauge(`slave/${name}_percent`, percent);
    const revocable = `${name}_revocable`;
    const revocableTotal = () => agent.oversubscribed?.scalar(name) ?? 0;
    const revocablePercent = () => (revocableTotal() === 0 ? 0 : usedNow(revocable) / revocableTotal());
    metrics.gauge(`slave/${revocable}_total`, revocableTotal);
    metrics.gauge(`slave/${revocable}_used`, () => usedNow(revocable));
    metrics.gauge(`slave/${revocable}_percent`, revocablePercent);
  }
}

/** Plain sums by name, of revocable ones as `<name>_revocable`, to thousandths: with ten thousand tasks the algebra of resources would take too long for a gauge. */
function usedScalars(agent: Agent): Map<string, number> {
  const thousandths = new Map<string, number>();
  const shared = new Set<string>();
  for (const executor of agent.executors()) {
    for (const resource of executorResources(executor)) {
      const { scalar, revocable, disk } = resource;
      if (scalar === undefined) continue;
      const name = revocable === undefined ? resource.name : `${resource.name}_revocable`;
      if (resource.shared) {
        const volume = `${resource.reservations?.at(-1)?.role}/${disk?.persistence?.id}`;
        if (shared.has(volume)) continue; // several tasks have the same
        shared.add(volume);
      }
      thousandths.set(name, (thousandths.get(name) ?? 0) + Math.round(scalar.value * 1000));
    }
  }
  return new Map([...thousandths].map(([name, value]) => [name, value / 1000]));
}

function scalarOf(resource: Resource, name: string): number {
  return resource.name === name ? (resource.scalar?.value ?? 0) : 0;
}
