import type { OfferOperation, SchedulerCallAccept, TaskInfo } from '@meseta/protocol';
import type { MasterContext } from '../../context.ts';
import type { Framework } from '../../state/framework.ts';
import { tasksOf } from './launching.ts';
import { normalized, operationShapeProblem } from './prepare.ts';

/** Whether hooks have a say in what an ACCEPT launches. */
export function isDecorated({ hooks }: MasterContext, { operations = [] }: SchedulerCallAccept): boolean {
  const asked = hooks.has('masterLaunchTaskResourceDecorator') || hooks.has('masterLaunchTaskLabelDecorator');
  return asked && operations.some(operation => tasksOf(operation)?.length);
}

/**
 * An ACCEPT with the resources and labels that hooks give its tasks. What cannot be launched anyway is left as it is.
 *
 * @see Mesos src/master/master.cpp, Master::_accept
 */
export async function decorateTasks(
  context: MasterContext,
  framework: Framework,
  call: SchedulerCallAccept,
): Promise<SchedulerCallAccept> {
  const offer = framework.offers.get(call.offer_ids?.[0]?.value ?? '');
  const agent = offer && context.cluster.agents.get(offer.agentId);
  if (!agent) return call;
  const { hooks } = context;
  const decorate = async (task: TaskInfo): Promise<TaskInfo> => {
    const resources = [...(await hooks.masterLaunchTaskResourceDecorator(task, agent.info.resources ?? []))];
    const allotted = resources.length > 0 || task.resources ? { ...task, resources } : task;
    const labels = await hooks.masterLaunchTaskLabelDecorator(allotted, framework.info, agent.info);
    return labels === undefined ? allotted : { ...allotted, labels };
  };
  const operations: OfferOperation[] = [];
  for (const given of call.operations ?? []) {
    const isLaunch = tasksOf(given) !== undefined && operationShapeProblem(given) === undefined;
    operations.push(isLaunch ? await withTasks(normalized(given, framework.id, offer.role), decorate) : given);
  }
  return { ...call, operations };
}

/** The operation with its tasks changed, one after the other. */
async function withTasks(
  operation: OfferOperation,
  change: (task: TaskInfo) => Promise<TaskInfo>,
): Promise<OfferOperation> {
  const tasks: TaskInfo[] = [];
  for (const task of tasksOf(operation) ?? []) tasks.push(await change(task));
  const { launch, launch_group } = operation;
  if (launch) return { ...operation, launch: { ...launch, task_infos: tasks } };
  if (launch_group) return { ...operation, launch_group: { ...launch_group, task_group: { tasks } } };
  return operation;
}
