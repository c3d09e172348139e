/** The resources of an agent by whom they are for. Pure. */
import type { Resource } from '@meseta/protocol/browser';
import { labelsText, megabytes } from '../ui/format.ts';
import { resourceAmounts } from '../ui/resource-amounts.ts';

/** Resources with one reservation. */
export interface ReservedRow {
  /** `*`: everybody may use them. */
  readonly role: string;
  readonly kind: 'unreserved' | 'static' | 'dynamic';
  readonly principal: string;
  /** Of the reservation, as text. */
  readonly labels: string;
  /** Amounts by the names of resources, as text. */
  readonly amounts: Readonly<Record<string, string>>;
  /** Ids of persistent volumes with their sizes. */
  readonly volumes: readonly string[];
}

/** Returns resources by their reservations, those for everybody first. */
export function reservedRows(resources: readonly Resource[]): ReservedRow[] {
  const rows = new Map<string, Omit<ReservedRow, 'amounts' | 'volumes'>>();
  const members = new Map<string, Resource[]>();
  for (const resource of resources) {
    const row = reservationOf(resource);
    const key = JSON.stringify(row);
    rows.set(key, row);
    members.set(key, [...(members.get(key) ?? []), resource]);
  }
  return [...rows]
    .map(([key, row]) => {
      const own = members.get(key) ?? [];
      return { ...row, amounts: resourceAmounts(own), volumes: own.flatMap(volumeOf) };
    })
    .sort((a, b) => Number(a.role !== '*') - Number(b.role !== '*') || (a.role < b.role ? -1 : 1));
}

/** The last reservation is the one that counts: roles reserve for the roles below them. */
function reservationOf({ reservations = [], reservation, role }: Resource): Omit<ReservedRow, 'amounts' | 'volumes'> {
  const last = reservations.at(-1);
  if (last) {
    const kind = last.type === 'STATIC' ? 'static' : 'dynamic';
    return { role: last.role ?? '*', kind, principal: last.principal ?? '', labels: labelsText(last.labels) };
  }
  if (role === undefined || role === '*') return { role: '*', kind: 'unreserved', principal: '', labels: '' };
  const labels = labelsText(reservation?.labels);
  return { role, kind: reservation ? 'dynamic' : 'static', principal: reservation?.principal ?? '', labels };
}

function volumeOf({ disk, scalar }: Resource): string[] {
  const { persistence } = disk ?? {};
  return persistence ? [`${persistence.id} (${megabytes(scalar?.value ?? 0)})`] : [];
}
