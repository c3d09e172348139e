import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import { readTaskSearch, type TaskPlace, type TaskSearch } from './task-search.ts';

/** Where the address is in the page of a task, and how to go elsewhere in it. */
export function useTaskPlace(): { readonly place: TaskPlace; readonly go: (search: TaskSearch) => void } {
  const place = readTaskSearch(useSearch({ strict: false }) as TaskSearch);
  const navigate = useNavigate();
  const go = useCallback(
    // A place in the same file is not one more step back.
    (search: TaskSearch) => void navigate({ to: '.', search: search as never, replace: search.at !== undefined }),
    [navigate],
  );
  return { place, go };
}
