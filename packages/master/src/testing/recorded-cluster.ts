/** The cluster that the recordings of Mesos's operator endpoints show, as our objects. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkId, type MasterResponse } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import type { MasterContext } from '../context.ts';
import { Agent } from '../state/agent.ts';
import { Cluster } from '../state/cluster.ts';
import { Framework } from '../state/framework.ts';

/** What Mesos answered: `fixtures/operator/<name>.json`. */
export function recording<T = unknown>(name: string): { status: number; headers: Record<string, string>; body: T } {
  const file = join(import.meta.dirname, '..', '..', 'fixtures', 'operator', `${name}.json`);
  return (JSON.parse(readFileSync(file, 'utf8')) as { response: ReturnType<typeof recording<T>> }).response;
}

/**
 * The recorded cluster, built from its GET_STATE, and as much of a context as views need.
 *
 * @param options.offers whether the offer that was outstanding then is there; a moment earlier it was not.
 */
export function recordedCluster(options: { offers: boolean }): MasterContext {
  const { get_agents, get_frameworks, get_tasks } = recording<MasterResponse>('v1_GET_STATE').body.get_state ?? {};
  const master = recording<MasterResponse>('v1_GET_MASTER').body.get_master;
  const state = recording<{ flags: Record<string, string> }>('state').body;
  const cluster = new Cluster({ maxCompletedFrameworks: 50 });
  for (const { agent_info, pid = '', version, capabilities = [], ...recorded } of get_agents?.agents ?? []) {
    const total = Resources.of(recorded.total_resources);
    const registration = { info: agent_info, pid, peer: '', version, capabilities, resourceVersion: undefined, total };
    cluster.addAgent(new Agent(checkId(agent_info.id?.value ?? ''), registration, ms(recorded.registered_time)));
  }
  const agent = [...cluster.agents.values()][0] as Agent;
  for (const { framework_info, offers = [], ...recorded } of get_frameworks?.frameworks ?? []) {
    const id = framework_info.id?.value ?? '';
    const limits = { maxCompletedTasks: 1000, maxUnreachableTasks: 1000 };
    const framework = new Framework(checkId(id), framework_info, 'active', limits);
    framework.registeredAt = framework.reregisteredAt = ms(recorded.registered_time);
    cluster.addFramework(framework);
    for (const task of get_tasks?.tasks ?? []) cluster.addTask(task, framework, agent);
    for (const task of get_tasks?.completed_tasks ?? [])
      framework.completedTasks.add(checkId(task.task_id.value), task);
    for (const offer of options.offers ? offers : []) {
      const resources = Resources.of(offer.resources);
      cluster.addOffer(
        { id: checkId(offer.id.value), frameworkId: checkId(id), agentId: agent.id, role: 'rec', resources, madeAt: 0 },
        framework,
        agent,
      );
    }
  }
  const weights = recording<MasterResponse>('v1_GET_WEIGHTS').body.get_weights?.weight_infos ?? [];
  const quota_configs = recording<MasterResponse>('v1_GET_QUOTA').body.get_quota?.status.configs ?? [];
  const concerns = { weights: weights.map(info => ({ info })), quota_configs, machines: [], schedules: [] };
  const info = master?.master_info;
  const parts = {
    id: info?.id,
    info,
    cluster,
    flags: {},
    flagsView: () => state.flags,
    startedAt: (master?.start_time ?? 0) * 1000,
    electedAt: (master?.elected_time ?? 0) * 1000,
    registrar: { registry: { concerns } },
  };
  return parts as unknown as MasterContext;
}

function ms(time: { nanoseconds: number } | undefined): number {
  return (time?.nanoseconds ?? 0) / 1e6;
}
