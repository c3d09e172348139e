import { useMemo } from 'react';
import { useWindow } from '../feed/hooks.ts';
import { isHeading } from '../query/view.ts';
import { wordOf } from '../ui/format.ts';

/** Frameworks whose names are known; of others the id is shown. */
const KNOWN = 300;

const newest = { filter: '', sort: 'registered', descending: true, offset: 0, limit: KNOWN };

/** Returns what makes titles of the values of a column: names of frameworks, and states as words. */
export function useValueTitles(): (column: string, value: string) => string {
  const frameworks = useWindow('frameworks', newest);
  const names = (frameworks?.rows ?? []).flatMap(row => (isHeading(row) ? [] : [[row.key, String(row.name)] as const]));
  // The rows come anew whenever a task of theirs changes, mostly with the same names.
  const text = JSON.stringify(names);
  return useMemo(() => {
    const nameOf = new Map<string, string>(JSON.parse(text));
    return (column, value) => {
      if (column === 'framework') return nameOf.get(value) || value;
      return column === 'reason' || column === 'source' || value.startsWith('TASK_') ? wordOf(value) : value;
    };
  }, [text]);
}
