import type { Labels, Resource, ResourceDiskInfo, ResourceReservationInfo, Volume } from '@meseta/protocol';

/**
 * Formats a resource without its amount, as Mesos prints it in messages: `disk(allocated: web)(reservations:
 * [(DYNAMIC,web,ops)])[MOUNT:/mnt,id:path]{REV}<SHARED>`.
 *
 * @see Mesos src/common/resources.cpp, operator<<
 */
export function printResource({ name, allocation_info, reservations, disk, revocable, shared }: Resource): string {
  const parts = [name];
  if (allocation_info) parts.push(`(allocated: ${allocation_info.role ?? ''})`);
  if (reservations?.length)
    parts.push(`(reservations: [${reservations.map(r => `(${printReservation(r)})`).join(',')}])`);
  if (disk) parts.push(`[${printDisk(disk)}]`);
  if (revocable) parts.push('{REV}');
  if (shared) parts.push('<SHARED>');
  return parts.join('');
}

/** Formats a reservation: `DYNAMIC,role,principal,{key: value}`; unset parts are left out. */
function printReservation({ type = 'UNKNOWN', role = '', principal, labels }: ResourceReservationInfo): string {
  const parts: string[] = [type, role];
  if (principal !== undefined) parts.push(principal);
  if (labels) parts.push(printLabels(labels));
  return parts.join(',');
}

/** Formats labels: `{a: b, c}`. */
export function printLabels({ labels = [] }: Labels): string {
  return `{${labels.map(({ key, value }) => (value === undefined ? key : `${key}: ${value}`)).join(', ')}}`;
}

function printDisk({ source, persistence, volume }: ResourceDiskInfo): string {
  const origin = [source && printSource(source), persistence?.id].filter(part => part !== undefined).join(',');
  return volume ? `${origin}:${printVolume(volume)}` : origin;
}

function printSource({ type, vendor, id, profile, mount, path }: NonNullable<ResourceDiskInfo['source']>): string {
  if (type !== 'UNKNOWN' && (id !== undefined || profile !== undefined)) {
    return `${type}(${vendor ?? ''},${id ?? ''},${profile ?? ''})`;
  }
  const root = type === 'MOUNT' ? mount?.root : type === 'PATH' ? path?.root : undefined;
  return root === undefined ? type : `${type}:${root}`;
}

function printVolume({ host_path, container_path, mode }: Volume): string {
  if (host_path === undefined) return container_path;
  return `${host_path}:${container_path}${mode === 'RW' ? ':rw' : mode === 'RO' ? ':ro' : ''}`;
}
