import type { OfferOperation, TaskInfo } from '@meseta/protocol';
import type { MasterContext } from '../../context.ts';
import type { Agent } from '../../state/agent.ts';
import type { Framework } from '../../state/framework.ts';
import { tasksOf } from './launching.ts';
import { prepare } from './prepare.ts';
import type { Step } from './run.ts';

/** Where the tasks of an ACCEPT are to run. */
export interface Place {
  readonly framework: Framework;
  readonly agent: Agent;
  readonly role: string;
}

/**
 * Returns an ACCEPT's operations with the resources and labels that hooks give its tasks; at once where no hook is
 * asked. What cannot be launched anyway is left as it is.
 *
 * @see Mesos src/master/master.cpp, Master::_accept
 */
export function decorateTasks(
  context: MasterContext,
  place: Place,
  steps: readonly Step[],
): readonly Step[] | Promise<readonly Step[]> {
  const { hooks } = context;
  const asked = hooks.has('masterLaunchTaskResourceDecorator') || hooks.has('masterLaunchTaskLabelDecorator');
  return asked && steps.some(isLaunch) ? decorateAll(context, place, steps) : steps;
}

async function decorateAll({ hooks }: MasterContext, place: Place, steps: readonly Step[]): Promise<readonly Step[]> {
  const { framework, agent, role } = place;
  const decorate = async (task: TaskInfo): Promise<TaskInfo> => {
    const resources = [...(await hooks.masterLaunchTaskResourceDecorator(task, agent.info.resources ?? []))];
    const allotted = resources.length > 0 || task.resources ? { ...task, resources } : task;
    const labels = await hooks.masterLaunchTaskLabelDecorator(allotted, framework.info, agent.info);
    return labels === undefined ? allotted : { ...allotted, labels };
  };
  const decorated: Step[] = [];
  for (const step of steps) {
    if (!isLaunch(step)) decorated.push(step);
    else {
      const operation = await withTasks(step, decorate);
      decorated.push({ ...prepare(operation, framework.id, role), denied: step.denied });
    }
  }
  return decorated;
}

function isLaunch({ operation, problem }: Step): boolean {
  return problem === undefined && (tasksOf(operation)?.length ?? 0) > 0;
}

/** Returns the operation with its tasks changed, one after the other; those that are not allowed stay as they are. */
async function withTasks(
  { operation, denied }: Step,
  change: (task: TaskInfo) => Promise<TaskInfo>,
): Promise<OfferOperation> {
  const tasks: TaskInfo[] = [];
  for (const [index, task] of (tasksOf(operation) ?? []).entries()) {
    tasks.push(denied.has(index) ? task : await change(task));
  }
  const { launch, launch_group } = operation;
  if (launch) return { ...operation, launch: { ...launch, task_infos: tasks } };
  if (launch_group) return { ...operation, launch_group: { ...launch_group, task_group: { tasks } } };
  return operation;
}
