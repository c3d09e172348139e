/** Roles as a table that is filtered and sorted as the others are, in the order of their tree. */
import { NumberColumn, TextColumn, WordColumn } from '../store/columns.ts';
import type { Quantities } from '../store/quantities.ts';
import { Table } from '../store/table.ts';
import { amount } from '../ui/format.ts';
import type { Amounts } from '../why/answer.ts';
import type { RoleView } from './role-view.ts';

/** Names of roles: what is below a role comes right after it, also where `a-b` is beside `a` and `a/b`. */
class RoleColumn extends TextColumn {
  override compare(a: number, b: number): number {
    const [one, other] = [this.valueOf(a), this.valueOf(b)];
    const shorter = Math.min(one.length, other.length);
    for (let at = 0; at < shorter; at++) if (one[at] !== other[at]) return placeOf(one, at) - placeOf(other, at);
    return one.length - other.length;
  }
}

/** A slash comes before every other character. */
function placeOf(role: string, at: number): number {
  const code = role.charCodeAt(at);
  return code === 47 ? 0 : code;
}

/** What roles are filtered, sorted and shown by. */
function roleColumns() {
  return {
    role: new RoleColumn(),
    weight: new NumberColumn(),
    share: new NumberColumn(),
    share_of: new WordColumn(),
    cpus: new NumberColumn(),
    mem: new NumberColumn(),
    guarantee: new TextColumn(),
    limit: new TextColumn(),
    use: new TextColumn(),
    frameworks: new NumberColumn(),
    /** How many roles are below it. */
    below: new NumberColumn(),
  };
}

/** The table of roles. */
export type RoleTable = Table<ReturnType<typeof roleColumns>>;

/** Makes the table of roles. @param collapsed roles of which none below is shown. @param total what the cluster has. */
export function roleTable(
  roles: ReadonlyMap<string, RoleView>,
  total: Quantities | undefined,
  collapsed: ReadonlySet<string>,
): RoleTable {
  const table: RoleTable = new Table(roleColumns());
  const below = countBelow(roles.keys());
  const { columns } = table;
  for (const role of roles.values()) {
    if (ancestorsOf(role.name).some(each => collapsed.has(each))) continue;
    const row = table.obtain(role.name);
    const share = dominantShare(role.allocated, total);
    columns.role.set(row, role.name);
    columns.weight.set(row, role.weight);
    columns.share.set(row, share?.share ?? Number.NaN);
    columns.share_of.set(row, share?.resource ?? '');
    columns.cpus.set(row, role.allocated.cpus ?? 0);
    columns.mem.set(row, role.allocated.mem ?? 0);
    columns.guarantee.set(row, printAmounts(role.quota.guarantee));
    columns.limit.set(row, printAmounts(role.quota.limit));
    columns.use.set(row, printAmounts(role.quota.consumed));
    columns.frameworks.set(row, role.frameworks.length);
    columns.below.set(row, below.get(role.name) ?? 0);
  }
  return table;
}

/** Returns the largest part of any one resource of the cluster, without the weight; undefined: the cluster has nothing. */
export function dominantShare(
  allocated: Amounts,
  total: Quantities | undefined,
): { readonly share: number; readonly resource: string } | undefined {
  let largest: { share: number; resource: string } | undefined;
  for (const [resource, has] of Object.entries(total ?? {})) {
    if (has <= 0) continue;
    const share = (allocated[resource] ?? 0) / has;
    if (largest === undefined || share > largest.share) largest = { share, resource };
  }
  return largest;
}

/** Returns amounts by name as text: `cpus 2, mem 512 MB`. */
export function printAmounts(amounts: Amounts): string {
  return Object.entries(amounts)
    .map(([name, value]) => `${name} ${amount(name, value)}`)
    .join(', ');
}

/** Returns the roles above a role, the nearest last. */
export function ancestorsOf(role: string): string[] {
  const parts = role.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

function countBelow(names: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) for (const above of ancestorsOf(name)) counts.set(above, (counts.get(above) ?? 0) + 1);
  return counts;
}
