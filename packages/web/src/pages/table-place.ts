/** Where tables were when their pages were left, so that they are there again when the user goes back. */
import { useLocation } from '@tanstack/react-router';
import { useState } from 'react';
import type { TablePlace } from '../ui/row-keys.ts';

/** Entries of the browser's history whose places are kept. */
const KEPT = 100;

/** By the key of an entry in the history, and the name of a table. The oldest is the first. */
const places = new Map<string, TablePlace>();

/** Returns the place of a table of this page, as it was when this entry of the history was left. @param name of the table. */
export function useTablePlace(name: string): TablePlace {
  const { pathname, state } = useLocation();
  const [own] = useState(pathname);
  const key = `${state.__TSR_key} ${name}`;
  const [place] = useState(() => places.get(key) ?? { top: 0 });
  // While the next page is loaded, the location is that one's already. A filter makes another entry in the place of this one.
  if (pathname === own && places.get(key) !== place) {
    places.set(key, place);
    for (const oldest of [...places.keys()].slice(0, -KEPT)) places.delete(oldest);
  }
  return place;
}
