/** What operations on resources ask before they are performed, be it for a framework or for an operator. */
import { isDeepStrictEqual } from 'node:util';
import { type Access, asks, asksOneOf, type Question } from '@meseta/daemon';
import type { OfferOperation, OfferOperationType, Resource } from '@meseta/protocol';

/** Launches ask about tasks, which only a framework has: their entries are with them. */
export type ResourceOperationType = Exclude<OfferOperationType, 'UNKNOWN' | 'LAUNCH' | 'LAUNCH_GROUP'>;

/** An entry of the table below: it always asks. */
type OperationAccess = Extract<Access<[operation: OfferOperation]>, { readonly asks: unknown }>;

const each = (resources: readonly Resource[] = []) => resources.map(resource => ({ resource }));

/**
 * By type of operation.
 *
 * @see Mesos src/master/master.cpp, Master::authorizeReserveResources and those after it
 */
export const operationAccess: Readonly<Record<ResourceOperationType, OperationAccess>> = {
  RESERVE: asksOneOf(['RESERVE_RESOURCES', 'UNRESERVE_RESOURCES'], ({ reserve: { resources, source } = {} }) =>
    source?.length ? changedReservations(source, resources ?? []) : each(resources).map(reserving),
  ),
  UNRESERVE: asks('UNRESERVE_RESOURCES', ({ unreserve }) => each(unreserve?.resources)),
  CREATE: asks('CREATE_VOLUME', ({ create }) => each(create?.volumes)),
  DESTROY: asks('DESTROY_VOLUME', ({ destroy }) => each(destroy?.volumes)),
  GROW_VOLUME: asks('RESIZE_VOLUME', ({ grow_volume }) => each(grow_volume && [grow_volume.volume])),
  SHRINK_VOLUME: asks('RESIZE_VOLUME', ({ shrink_volume }) => each(shrink_volume && [shrink_volume.volume])),
  CREATE_DISK: asksOneOf(['CREATE_BLOCK_DISK', 'CREATE_MOUNT_DISK'], ({ create_disk }) =>
    each(create_disk && [create_disk.source]).map(object => ({
      action: create_disk?.target_type === 'BLOCK' ? 'CREATE_BLOCK_DISK' : 'CREATE_MOUNT_DISK',
      object,
    })),
  ),
  DESTROY_DISK: asksOneOf(['DESTROY_BLOCK_DISK', 'DESTROY_MOUNT_DISK', 'DESTROY_RAW_DISK'], ({ destroy_disk }) =>
    each(destroy_disk && [destroy_disk.source]).map(object => ({ action: destroyAction(object.resource), object })),
  ),
};

type Reserving = Question<'RESERVE_RESOURCES' | 'UNRESERVE_RESOURCES'>;

const reserving = (object: { readonly resource: Resource }): Reserving => ({ action: 'RESERVE_RESOURCES', object });
const unreserving = (object: { readonly resource: Resource }): Reserving => ({ action: 'UNRESERVE_RESOURCES', object });

/**
 * What is reserved otherwise than before loses its reservations down to those that stay, one by one, and then gets the
 * new ones. Each step is asked about.
 *
 * @see Mesos src/master/authorization.cpp, ActionObject::reserve
 */
function changedReservations(source: readonly Resource[], target: readonly Resource[]): Reserving[] {
  const stacks = [...source, ...target].map(({ reservations = [] }) => reservations);
  const stay = Math.min(...stacks.map(stack => commonLength(stack, stacks[0] ?? [])));
  return [
    ...source.flatMap(resource => steps(resource, stay).reverse()).map(unreserving),
    ...target.flatMap(resource => steps(resource, stay)).map(reserving),
  ];
}

/** Returns a resource with each of its reservations above some on top. */
function steps(resource: Resource, above: number): { readonly resource: Resource }[] {
  const { reservations = [] } = resource;
  return reservations
    .slice(above)
    .map((_, index) => ({ resource: { ...resource, reservations: reservations.slice(0, above + index + 1) } }));
}

function commonLength(one: readonly unknown[], other: readonly unknown[]): number {
  const differs = one.findIndex((each, index) => !isDeepStrictEqual(each, other[index]));
  return differs < 0 ? one.length : differs;
}

function destroyAction({ disk }: Resource) {
  if (disk?.source?.type === 'BLOCK') return 'DESTROY_BLOCK_DISK';
  return disk?.source?.type === 'MOUNT' ? 'DESTROY_MOUNT_DISK' : 'DESTROY_RAW_DISK';
}

/** Returns the questions about an operation that is no launch. */
export function operationQuestions(operation: OfferOperation): readonly Question[] {
  return operationAccess[operation.type as ResourceOperationType].questions(operation);
}
