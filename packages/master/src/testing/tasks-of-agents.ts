/** A framework and its tasks, in the state of a master whose agents are tested. */
import assert from 'node:assert/strict';
import {
  checkId,
  type FrameworkInfo,
  type SchedulerEvent,
  type StatusUpdateMessage,
  type Task,
  type TaskState,
} from '@meseta/protocol';
import { Framework } from '../state/framework.ts';
import { scalar } from './simulated-agent.ts';
import type { Core } from './start-core.ts';

/** A framework whose events are written down. */
export function framework(
  master: Core,
  info: Partial<FrameworkInfo> = {},
): { framework: Framework; events: SchedulerEvent[] } {
  const events: SchedulerEvent[] = [];
  const added = new Framework(checkId('f-1'), { user: 'root', name: 'f', checkpoint: true, ...info }, 'active', {
    maxCompletedTasks: 10,
    maxUnreachableTasks: 10,
  });
  added.connection = { kind: 'http', open: () => undefined, send: event => events.push(event), close: () => undefined };
  master.context.cluster.addFramework(added);
  return { framework: added, events };
}

/** A task of that framework. */
export function task(id: string, agentId: string, state: TaskState = 'TASK_RUNNING'): Task {
  return {
    name: id,
    task_id: { value: id },
    framework_id: { value: 'f-1' },
    agent_id: { value: agentId },
    state,
    resources: [{ ...scalar('cpus', 1), allocation_info: { role: '*' } }],
  };
}

/** Has the master know a task that is being launched. */
export function launch(master: Core, owner: Framework, agentId: string, id: string): Task {
  const agent = master.context.cluster.agents.get(agentId);
  assert.ok(agent);
  const launched = task(id, agentId, 'TASK_STAGING');
  master.context.cluster.addTask(launched, owner, agent);
  return launched;
}

/** Framework with tasks that may be unreachable. */
export const aware = { capabilities: [{ type: 'PARTITION_AWARE' as const }] };
/** In the form of agents' messages. */
export const frameworkInfo: FrameworkInfo = { id: { value: 'f-1' }, user: 'root', name: 'f', checkpoint: true };
/** Returns the states that a framework was sent. */
export const statesOf = (events: SchedulerEvent[]) => events.flatMap(({ update }) => update?.status.state ?? []);

/** What an agent says of a task. */
export function update(
  agentId: string,
  taskId: string,
  state: TaskState,
  uuid: string,
  latest?: TaskState,
): StatusUpdateMessage {
  return {
    update: {
      framework_id: { value: 'f-1' },
      agent_id: { value: agentId },
      status: { task_id: { value: taskId }, state, data: 'AAAA' },
      timestamp: 1,
      uuid,
      ...(latest && { latest_state: latest }),
    },
    pid: '',
  };
}
