/** Events of a master, for tests. */
import type { MasterEvent, Task, TaskState, TaskStatus } from '@meseta/protocol';

/** Makes a task of framework F. */
export function aTask(of: {
  readonly id: string;
  readonly agent?: string;
  readonly state?: TaskState;
  readonly cpus?: number;
  readonly labels?: Readonly<Record<string, string>>;
}): Task {
  const { id, agent = 'A1', state = 'TASK_RUNNING', cpus = 0.5, labels } = of;
  const scalar = (name: string, value: number) => ({
    name,
    type: 'SCALAR' as const,
    scalar: { value },
    allocation_info: { role: 'web' },
  });
  return {
    name: `name of ${id}`,
    task_id: { value: id },
    framework_id: { value: 'F' },
    agent_id: { value: agent },
    state,
    resources: [scalar('cpus', cpus), scalar('mem', 64)],
    statuses: [aStatus(id, state, 1000)],
    ...(labels && { labels: { labels: Object.entries(labels).map(([key, value]) => ({ key, value })) } }),
  };
}

/** Makes a status of a task. */
export function aStatus(id: string, state: TaskState, timestamp: number, more: Partial<TaskStatus> = {}): TaskStatus {
  return { task_id: { value: id }, state, timestamp, ...more };
}

/** Makes the event of a status. */
export function updated(status: TaskStatus): MasterEvent {
  return {
    type: 'TASK_UPDATED',
    task_updated: { framework_id: { value: 'F' }, status, state: status.state },
  };
}

/** Makes an agent with 8 cores. */
export function anAgent(id: string) {
  return {
    agent_info: { hostname: `${id}.example`, id: { value: id } },
    active: true,
    version: '1.12.0',
    pid: `slave(1)@10.0.0.1:5051`,
    registered_time: { nanoseconds: 1e18 },
    total_resources: [{ name: 'cpus', type: 'SCALAR' as const, scalar: { value: 8 } }],
  };
}

/** Makes framework F. */
export function aFramework(name = 'marathon') {
  return {
    framework_info: { user: 'root', name, id: { value: 'F' }, roles: ['web'] },
    active: true,
    connected: true,
    recovered: false,
  };
}

/** Makes the first event of a stream. */
export function snapshot(of: {
  readonly tasks?: readonly Task[];
  readonly completed?: readonly Task[];
  readonly agents?: readonly string[];
}): MasterEvent {
  const { tasks = [], completed = [], agents = [] } = of;
  return {
    type: 'SUBSCRIBED',
    subscribed: {
      get_state: {
        get_tasks: { tasks: [...tasks], completed_tasks: [...completed] },
        get_frameworks: { frameworks: [aFramework()] },
        get_agents: { agents: agents.map(anAgent) },
      },
      heartbeat_interval_seconds: 15,
    },
  };
}
