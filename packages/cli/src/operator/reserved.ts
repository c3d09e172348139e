/** Reservations and persistent volumes of agents, and the resources that operations on them name. Pure. */
import type { Label, Resource, ResourceReservationInfo } from '@meseta/protocol';
import { Resources, withoutVolume } from '@meseta/resources';
import { printAmounts } from '../amounts.ts';
import { agentIdOf, type ClusterAgent } from '../cluster-agents.ts';
import { LookupError } from '../find-task.ts';
import { UsageError } from '../usage-error.ts';

/** For whom something is reserved. */
export interface Reserver {
  readonly role: string;
  readonly principal?: string;
  /** Labels of the reservation. */
  readonly labels?: readonly Label[];
}

/** A persistent volume on an agent. */
export interface Volume {
  readonly agent: ClusterAgent;
  readonly id: string;
  readonly resource: Resource;
}

/** Reads labels, `KEY=VALUE`. @throws {UsageError} */
export function readLabels(texts: readonly string[] | undefined): Label[] {
  return (texts ?? []).map(text => {
    const at = text.indexOf('=');
    if (at < 1) throw new UsageError(`--label takes KEY=VALUE, not '${text}'`);
    return { key: text.slice(0, at), value: text.slice(at + 1) };
  });
}

/** Returns unreserved resources as ones that are reserved. */
export function reservedFor(resources: readonly Resource[], reserver: Reserver): Resource[] {
  return resources.map(resource => ({ ...resource, reservations: [reservationOf(reserver)] }));
}

function reservationOf({ role, principal, labels = [] }: Reserver): ResourceReservationInfo {
  return {
    type: 'DYNAMIC',
    role,
    ...(principal !== undefined && { principal }),
    ...(labels.length > 0 && { labels: { labels: [...labels] } }),
  };
}

/** Returns the role for which a resource is reserved; undefined when it is not. */
export function roleOf({ reservations }: Resource): string | undefined {
  return reservations?.at(-1)?.role;
}

/** Returns the agent's resources in the present format only; the master sends some in the old one, too. */
function resourcesOf({ total_resources = [] }: ClusterAgent): Resource[] {
  return total_resources.map(({ role: _, reservation: __, ...resource }) => resource);
}

function isOf(resource: Resource, { role, principal, labels = [] }: Reserver): boolean {
  const reservation = resource.reservations?.at(-1);
  if (reservation?.role !== role) return false;
  if (principal !== undefined && reservation.principal !== principal) return false;
  const own = reservation.labels?.labels ?? [];
  return labels.every(({ key, value }) => own.some(label => label.key === key && label.value === value));
}

/**
 * Finds what an agent has reserved dynamically for a role, without volumes.
 *
 * @param wanted amounts of it; undefined for all.
 * @throws {LookupError} when the agent does not have it, or has it in several ways.
 */
export function findReserved(
  agent: ClusterAgent,
  reserver: Reserver,
  wanted: readonly Resource[] | undefined,
): Resource[] {
  const found = resourcesOf(agent).filter(
    resource =>
      isOf(resource, reserver) && resource.reservations?.at(-1)?.type === 'DYNAMIC' && !resource.disk?.persistence,
  );
  if (found.length === 0) throw nothingReserved(agent, reserver);
  return wanted === undefined ? found : wanted.map(resource => findOne(agent, reserver, found, resource));
}

function nothingReserved(agent: ClusterAgent, { role }: Reserver): LookupError {
  return new LookupError(
    `Agent ${agentIdOf(agent)} has nothing reserved for role '${role}' by an operator or a framework that fits;` +
      ` 'meseta agent inspect' shows its resources`,
  );
}

function findOne(agent: ClusterAgent, { role }: Reserver, among: readonly Resource[], wanted: Resource): Resource {
  const named = among.filter(({ name }) => name === wanted.name);
  const amounts = named.map(resource => withAmount(resource, wanted));
  const fitting = amounts.filter((amount, i) => Resources.of([named[i] as Resource]).contains(Resources.of([amount])));
  const [resource, ...others] = fitting;
  if (resource === undefined) {
    const has = named.length === 0 ? `no ${wanted.name}` : printAmounts(named);
    throw new LookupError(
      `Agent ${agentIdOf(agent)} has ${has} reserved for role '${role}' without volumes, and not ${printAmounts([wanted])}`,
    );
  }
  if (others.length > 0) {
    throw new LookupError(
      `Agent ${agentIdOf(agent)} has ${wanted.name} for role '${role}' in several reservations; select one by --label or --principal`,
    );
  }
  return resource;
}

function withAmount(resource: Resource, { scalar, ranges, set }: Resource): Resource {
  const { scalar: _, ranges: __, set: ___, ...rest } = resource;
  return { ...rest, ...(scalar && { scalar }), ...(ranges && { ranges }), ...(set && { set }) };
}

/** Returns the persistent volumes of agents. */
export function volumesOf(agents: readonly ClusterAgent[]): Volume[] {
  return agents.flatMap(agent =>
    resourcesOf(agent).flatMap(resource => {
      const id = resource.disk?.persistence?.id;
      return id === undefined ? [] : [{ agent, id, resource }];
    }),
  );
}

/** How a volume is made. */
export interface VolumePlan extends Reserver {
  readonly id: string;
  /** Megabytes; undefined for the whole of a disk that cannot be divided. */
  readonly size: number | undefined;
  readonly containerPath: string;
}

/**
 * Makes a volume of disk that the agent has reserved for the role.
 *
 * @throws {LookupError} when there is none that is large enough. Whether it is in use is the master's to say.
 */
export function planVolume(agent: ClusterAgent, plan: VolumePlan): Resource {
  const disks = resourcesOf(agent).filter(
    resource => resource.name === 'disk' && isOf(resource, plan) && !resource.disk?.persistence && !resource.revocable,
  );
  const disk = disks.find(resource => sizeFits(resource, plan.size));
  if (!disk) {
    const has =
      disks.length === 0 ? 'no disk' : `${disks.map(({ scalar }) => `${scalar?.value} MB`).join(' and ')} of disk`;
    const size = plan.size ?? 1024;
    throw new LookupError(
      `Agent ${agentIdOf(agent)} has ${has} reserved for role '${plan.role}'. To reserve some:` +
        ` meseta reserve ${agentIdOf(agent)} disk:${size} --role ${plan.role}`,
    );
  }
  const { principal = disk.reservations?.at(-1)?.principal } = plan;
  return {
    ...disk,
    scalar: { value: plan.size ?? disk.scalar?.value ?? 0 },
    disk: {
      ...disk.disk,
      persistence: { id: plan.id, ...(principal !== undefined && { principal }) },
      volume: { mode: 'RW', container_path: plan.containerPath },
    },
  };
}

function sizeFits({ scalar, disk }: Resource, size: number | undefined): boolean {
  const has = scalar?.value ?? 0;
  const isWhole = disk?.source?.type === 'MOUNT';
  if (size === undefined) return isWhole;
  return isWhole ? has === size : has >= size;
}

/** Returns the disk to add to a volume, or undefined when it cannot be named. @param size in megabytes. */
export function additionTo({ resource }: Volume, size: number): Resource {
  return { ...withoutVolume(resource), scalar: { value: size } };
}
