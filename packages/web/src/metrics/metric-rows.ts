/** The rows of the table of metrics. */
import type { Row } from '../store/table.ts';
import type { Sorting } from '../ui/data-table.tsx';

/** Returns the metrics whose names have every word of a filter, in order. */
export function metricRows(
  metrics: Readonly<Record<string, number>>,
  filter: string,
  { sort, descending }: Sorting,
): Row[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const rows: Row[] = [];
  for (const [name, value] of Object.entries(metrics)) {
    const lower = name.toLowerCase();
    if (words.every(word => lower.includes(word))) rows.push({ key: name, name, value });
  }
  const sign = descending ? -1 : 1;
  const byName = (a: Row, b: Row) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
  return rows.sort((a, b) => {
    const byValue = sort === 'value' ? (a.value as number) - (b.value as number) : 0;
    return sign * (byValue || byName(a, b));
  });
}
