import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import { type Place, type PlaceSearch, readPlace } from './place.ts';

/** The tabs of the page of a task. */
export const taskTabs = { overview: 'Overview', files: 'Files', terminal: 'Terminal' } as const;

/** The tabs of the page of an agent. */
export const agentTabs = { overview: 'Overview', log: 'Log' } as const;

/** Returns where the address is in a page, and what goes elsewhere in it. @param titles of the page's tabs. */
export function usePlace<T extends string>(
  titles: Readonly<Record<T, string>>,
): { readonly place: Place<T>; readonly go: (search: PlaceSearch) => void } {
  const place = readPlace(titles, useSearch({ strict: false }) as PlaceSearch);
  const navigate = useNavigate();
  const go = useCallback(
    // A place in the same file is not one more step back.
    (search: PlaceSearch) => void navigate({ to: '.', search: search as never, replace: search.at !== undefined }),
    [navigate],
  );
  return { place, go };
}
