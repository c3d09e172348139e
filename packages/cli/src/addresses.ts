import type { TaskStatus } from '@meseta/protocol';

/** Returns the addresses of a task, as its last status with any has them. Without a network of its own, the machine's. */
export function addressesOf(statuses: readonly TaskStatus[] | undefined): string[] {
  const infos = statuses?.findLast(({ container_status }) => container_status?.network_infos)?.container_status
    ?.network_infos;
  return (infos ?? []).flatMap(({ ip_addresses = [] }) => ip_addresses.flatMap(({ ip_address }) => ip_address ?? []));
}
