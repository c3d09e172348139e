import type { ExecutorInfo, Offer, OfferOperation, TaskInfo } from '@meseta/protocol';
import type { Amounts } from '@meseta/resources';
import { amountsOf, OfferRoom } from '@meseta/scheduler/offer-room';
import type { Launch } from './launch.ts';

/** What an offer is accepted with. */
export interface LaunchOperation {
  readonly tasks: readonly TaskInfo[];
  readonly operation: OfferOperation;
}

/**
 * Gives tasks, and the executor of a group, resources of an offer. Those that name resources get these.
 *
 * @param wanted amounts by resource name, for each task that has no resources of its own.
 * @returns undefined when the offer does not have enough.
 */
export function launchOn(offer: Offer, { tasks, executor }: Launch, wanted: Amounts): LaunchOperation | undefined {
  const room = new OfferRoom(offer);
  const ready = tasks.flatMap((task): TaskInfo[] => {
    const taken =
      task.resources && !executor ? task.resources : room.take(task.resources ? amountsOf(task.resources) : wanted);
    return taken ? [{ ...task, agent_id: offer.agent_id, resources: task.resources ?? taken }] : [];
  });
  if (ready.length < tasks.length) return undefined;
  if (!executor) return { tasks: ready, operation: { type: 'LAUNCH', launch: { task_infos: ready } } };
  const resources = room.take(amountsOf(executor.resources));
  if (!resources) return undefined;
  const info: ExecutorInfo = { ...executor, framework_id: offer.framework_id, resources };
  const launch_group = { executor: info, task_group: { tasks: ready } };
  return { tasks: ready, operation: { type: 'LAUNCH_GROUP', launch_group } };
}

/** Returns how much of each scalar resource a launch takes. Parameters as of {@link launchOn}. */
export function amountsOfLaunch({ tasks, executor }: Launch, wanted: Amounts): Amounts {
  const total = new Map<string, number>();
  for (const each of [...tasks, ...(executor ? [{ resources: executor.resources ?? [] }] : [])]) {
    for (const [name, amount] of Object.entries(each.resources ? amountsOf(each.resources) : wanted)) {
      total.set(name, Math.round(((total.get(name) ?? 0) + amount) * 1000) / 1000);
    }
  }
  return Object.fromEntries(total);
}
