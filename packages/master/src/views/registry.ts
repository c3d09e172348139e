/** Makes the view of the registry. */
import { type Filters, listed, seesResource, shown } from '@meseta/daemon';
import type { RegistrySlave } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import { maintenanceSchedule } from '../operator/index.ts';

/** What is asked of the parts of the registry: the same as of the views that show them elsewhere. */
export const registryActions = [
  'VIEW_ROLE',
  'GET_QUOTA',
  'GET_MAINTENANCE_SCHEDULE',
  'GET_MAINTENANCE_STATUS',
] as const;

/**
 * Returns what `/registrar(1)/registry` shows: Mesos's message, with a list of agents in the place of each of its maps.
 * Mesos shows all of it to everyone who has authenticated. Here quotas, weights, resources of roles and machines are for
 * those who may see them in other views. Unreachable agents have their host and port beside, as far as this master knows
 * them.
 */
export function registryView(context: MasterContext, see: Filters<(typeof registryActions)[number]>): object {
  const { agents, unreachable, gone, machines, schedules, weights, quotas, quota_configs, ...others } =
    context.registrar.registry.toMessage();
  const slaves = <T extends object>(entries: Iterable<T> = [], view: (entry: T) => object = entry => entry) => ({
    slaves: listed(entries, view),
  });
  const seenAgent = (entry: RegistrySlave) => {
    const { resources } = entry.info;
    if (see.VIEW_ROLE === undefined || resources === undefined) return entry;
    return { ...entry, info: { ...entry.info, resources: resources.filter(resource => seesResource(resource, see)) } };
  };
  const lists = {
    schedules: schedules && [maintenanceSchedule(context, see)].filter(({ windows = [] }) => windows.length > 0),
    weights: weights && [...shown(weights, see.VIEW_ROLE, ({ info: { role = '*' } }) => ({ value: role }))],
    quotas: quotas && [...shown(quotas, see.GET_QUOTA, ({ info: { role = '*' } }) => ({ value: role }))],
    quota_configs: quota_configs && [...shown(quota_configs, see.GET_QUOTA, ({ role }) => ({ value: role }))],
  };
  const seenMachines = shown(machines?.machines ?? [], see.GET_MAINTENANCE_STATUS, ({ info }) => ({
    machine_id: info.id,
  }));
  return {
    ...others,
    machines: { machines: [...seenMachines] },
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list !== undefined && list.length > 0)),
    slaves: slaves(agents?.agents, seenAgent),
    unreachable: slaves(unreachable?.agents, entry => ({
      ...entry,
      ...context.cluster.unreachableAgents.get(entry.id.value)?.place,
    })),
    gone: slaves(gone?.agents),
  };
}
