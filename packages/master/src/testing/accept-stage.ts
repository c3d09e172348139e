/** What tests of ACCEPT have in common. */
import type { TestContext } from 'node:test';
import { type AccessControl, openAccess } from '@meseta/daemon';
import type {
  CommandInfo,
  ExecutorInfo,
  FrameworkInfo,
  Offer,
  OfferOperation,
  Resource,
  TaskInfo,
} from '@meseta/protocol';
import { type SchedulingMaster, startSchedulingMaster } from './scheduling-master.ts';
import { type SimulatedAgent, scalar } from './simulated-agent.ts';
import { TestScheduler } from './test-scheduler.ts';

/** A master with one agent and one framework. */
export interface Stage {
  readonly master: SchedulingMaster;
  readonly agent: SimulatedAgent;
  readonly scheduler: TestScheduler;
  readonly offer: Offer;
}

/** A framework with an offer of a whole agent: 4 cpus, 4096 MB of memory and of disk. */
export async function stage(
  t: TestContext,
  info: Partial<FrameworkInfo> = {},
  access: AccessControl = openAccess,
): Promise<Stage> {
  const master = await startSchedulingMaster(t, { access });
  const agent = await master.agent();
  const scheduler = await TestScheduler.start(t, master.address, { roles: ['web'], principal: 'ops', ...info });
  master.grantAll(scheduler.frameworkId, agent.id ?? '', info.roles?.[0] ?? 'web');
  return { master, agent, scheduler, offer: await scheduler.nextOffer() };
}

/** A task for the offer's agent. */
export function task(offer: Offer, id: string, parts: Partial<TaskInfo> = {}): TaskInfo {
  return {
    name: id,
    task_id: { value: id },
    agent_id: offer.agent_id,
    resources: [scalar('cpus', 1), scalar('mem', 64)],
    ...(parts.executor ? {} : { command: sleep }),
    ...parts,
  };
}

/** What tasks run. */
export const sleep: CommandInfo = { value: 'sleep 1' };

/** A custom executor. */
export function executor(parts: Partial<ExecutorInfo> = {}): ExecutorInfo {
  return {
    executor_id: { value: 'e' },
    command: sleep,
    resources: [scalar('cpus', 0.1), scalar('mem', 32)],
    ...parts,
  };
}

/** Accepts the stage's offer. */
export const accept = ({ scheduler, offer }: Stage, ...operations: OfferOperation[]) =>
  scheduler.call({
    type: 'ACCEPT',
    accept: { offer_ids: [offer.id], operations, filters: { refuse_seconds: 7 } },
  });

/** The operation that launches tasks. */
export const launch = (...task_infos: TaskInfo[]): OfferOperation => ({ type: 'LAUNCH', launch: { task_infos } });

/** What was given back to the allocator: its text, and the filter. */
export const recovered = ({ master }: Stage) =>
  master.askedFor('recover').map(([, , resources, filters]) => [String(resources), filters]);

/** A resource as it is when it is reserved for the framework. */
export const reserved = (resource: Resource): Resource => ({
  ...resource,
  reservations: [{ type: 'DYNAMIC', role: 'web', principal: 'ops' }],
});

/** A persistent volume on reserved disk. */
export const volume = (mb: number): Resource => ({
  ...reserved(scalar('disk', mb)),
  disk: { persistence: { id: 'v', principal: 'ops' }, volume: { container_path: 'data', mode: 'RW' } },
});
