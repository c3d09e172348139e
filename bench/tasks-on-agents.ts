import type { Offer } from '@meseta/protocol';
import { type BenchFramework, commandTask, cpusOf, taskCpus } from './framework.ts';

/**
 * Launches this many on every agent, as offers come, until all are in a state.
 *
 * @param until TASK_RUNNING for tasks that the agents' script does not end.
 */
export async function runTasks(
  framework: BenchFramework,
  agents: number,
  tasksPerAgent: number,
  prefix: string,
  until: 'TASK_RUNNING' | 'TASK_FINISHED' = 'TASK_FINISHED',
): Promise<void> {
  const used = new Set<string>();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let left = agents * tasksPerAgent;
  framework.onStatus = ({ state, message, task_id }) => {
    if (state === 'TASK_RUNNING' && state !== until) return;
    if (state !== until) reject(new Error(`${task_id.value} is ${state}: ${message}`));
    if (--left === 0) resolve();
  };
  const take = (offer: Offer) => {
    const agent = offer.agent_id.value;
    if (used.has(agent)) return true;
    if (cpusOf(offer) < tasksPerAgent * taskCpus) {
      framework.decline(offer); // part of what a task left: it will come together with the rest
      return false;
    }
    used.add(agent);
    const tasks = Array.from({ length: tasksPerAgent }, (_, i) => commandTask(`${prefix}-${agent}-${i}`, '/bin/true'));
    framework.launch([offer], tasks);
    return false;
  };
  const takeAll = () => {
    const rest = framework.offers.splice(0).filter(take);
    framework.offers.push(...rest);
  };
  framework.onOffers = takeAll;
  takeAll();
  await promise;
  framework.onOffers = () => undefined;
}
