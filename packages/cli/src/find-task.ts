import type { Task } from '@meseta/protocol';
import type { AgentClient, MasterClient } from '@meseta/scheduler';
import { agentClient } from './master-option.ts';

/** A task or agent that is not there, or not one only. */
export class LookupError extends Error {
  override readonly name = 'LookupError';
  readonly code = 'NOT_FOUND';
}

/**
 * The task with an id, or with an id that begins so; live ones come before ended ones.
 *
 * @throws {LookupError} when there is none, or several frameworks have one.
 */
export async function findTask(master: MasterClient, id: string, framework?: string): Promise<Task> {
  const found = (await master.call({ type: 'GET_TASKS' }))?.get_tasks;
  const groups = [found?.tasks, found?.unreachable_tasks, found?.completed_tasks].map(tasks =>
    (tasks ?? []).filter(task => framework === undefined || task.framework_id.value === framework),
  );
  for (const matches of [
    (task: Task) => task.task_id.value === id,
    (task: Task) => task.task_id.value.startsWith(id),
  ]) {
    for (const group of groups) {
      const [task, ...others] = group.filter(matches);
      if (task && others.length === 0) return task;
      if (task)
        throw new LookupError(
          `Several tasks match '${id}': ${describe([task, ...others])}; give --framework or more of the id`,
        );
    }
  }
  throw new LookupError(`There is no task '${id}'; 'meseta tasks --all' lists them`);
}

function describe(tasks: Task[]): string {
  const names = tasks.slice(0, 5).map(task => `${task.task_id.value} of ${task.framework_id.value}`);
  return names.join(', ') + (tasks.length > 5 ? ', …' : '');
}

/** A client of the agent with this id. @throws {LookupError} when it is not registered. */
export async function findAgent(master: MasterClient, id: string): Promise<AgentClient> {
  const agents = (await master.call({ type: 'GET_AGENTS' }))?.get_agents?.agents ?? [];
  const matching = agents.filter(({ agent_info }) => {
    const name = agent_info.id?.value ?? '';
    return name === id || name.endsWith(`-${id}`) || agent_info.hostname === id;
  });
  const [agent] = matching;
  if (!agent?.pid) throw new LookupError(`There is no agent '${id}'; 'meseta agents' lists them`);
  if (matching.length > 1) throw new LookupError(`Several agents match '${id}'; give the whole id`);
  return agentClient(agent.pid);
}

/** Where an agent shows the sandbox of a task: a virtual path of its files endpoints. */
export function sandboxOf(task: Task): string {
  const executor = task.executor_id?.value || task.task_id.value;
  return `/frameworks/${task.framework_id.value}/executors/${executor}/runs/latest`;
}
