/** What is shown of an event, made of what was read for the tables. Pure. */
import type { FrameworkInfo, MasterResponseGetAgentsAgent } from '@meseta/protocol/browser';
import { agentState } from './agents.ts';
import type { TaskTable, TaskUpdate } from './tasks.ts';

/** An event in words. */
export interface ShownEvent {
  /** `task updated`. */
  readonly kind: string;
  /** The id of what it is about. */
  readonly id?: string | undefined;
  readonly state?: string;
  readonly framework?: string | undefined;
  readonly agent?: string | undefined;
  readonly source?: string;
  readonly reason?: string;
  readonly message?: string;
}

/** The end of a snapshot. */
export const connected: ShownEvent = {
  kind: 'connected',
  message: 'The page begins to follow the master. What happened before is not listed.',
};

/** A task that has just got its row. */
export function taskAdded({ columns }: TaskTable, row: number): ShownEvent {
  return {
    kind: 'task added',
    id: columns.id.valueOf(row),
    framework: columns.framework.valueOf(row),
    agent: columns.agent.valueOf(row),
    state: columns.state.valueOf(row),
  };
}

/** A status of a task, which the tables may not have any more. */
export function taskUpdated({ frameworkId, state, status }: TaskUpdate): ShownEvent {
  const { taskId, agentId, source, reason, message } = status;
  return { kind: 'task updated', id: taskId, framework: frameworkId, state, agent: agentId, source, reason, message };
}

/** An agent that is new, or another than before: the master's stream does not tell these apart. */
export function agentAdded(agent: MasterResponseGetAgentsAgent, isKnown: boolean): ShownEvent {
  const { id, hostname } = agent.agent_info;
  const kind = isKnown ? 'agent updated' : 'agent added';
  return { kind, id: id?.value, agent: id?.value, state: agentState(agent), message: hostname };
}

/** An agent that is gone. */
export const agentRemoved = (id: string): ShownEvent => ({ kind: 'agent removed', id, agent: id });

/** A framework that is new, other than before, or gone. */
export function frameworkChanged(
  kind: 'framework added' | 'framework updated' | 'framework removed',
  { id, name }: FrameworkInfo,
): ShownEvent {
  return { kind, id: id?.value, framework: id?.value, message: name };
}
