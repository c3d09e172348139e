import { createContext, use, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { Found } from '../find/find.ts';
import type { Facet } from '../query/facets.ts';
import type { Query, Window } from '../query/view.ts';
import type { Sums } from '../store/cluster.ts';
import type { FeedClient, WatchHandle } from './client.ts';
import type { Detail, FeedStatus, Interest, News, TableName, ThingTable } from './messages.ts';

/** The page's channel to the worker. */
export const FeedContext = createContext<FeedClient | undefined>(undefined);

/** Returns the page's channel. @throws {Error} outside of {@link FeedContext}. */
export function useFeed(): FeedClient {
  const feed = use(FeedContext);
  if (feed === undefined) throw new Error('There is no FeedContext around this component');
  return feed;
}

/** Returns how the worker stands to the master. It changes with every event: what needs a part alone takes {@link useStatusPart}. */
export function useFeedStatus(): FeedStatus {
  return useStatusPart(whole);
}

const whole = (status: FeedStatus) => status;

/** Returns a part of how the worker stands to the master, which is a value and no object, or the same object while it is the same. */
export function useStatusPart<T>(partOf: (status: FeedStatus) => T): T {
  const feed = useFeed();
  return useSyncExternalStore(
    listener => feed.onStatus(listener),
    () => partOf(feed.status),
  );
}

/** Returns whether the page follows the master now. */
export const useIsLive = (): boolean => useStatusPart(({ phase }) => phase === 'live');

/** Returns whether there are data, however old; before, what is shown is only a part. */
export const useHasData = (): boolean => useStatusPart(({ dataFrom }) => dataFrom !== undefined);

/**
 * Returns the rows of a table that a query asks for, now and when they change; undefined: the worker has not sent it yet.
 *
 * @param isHeld the rows of events stay those of the moment when this becomes true.
 */
export function useWindow(table: TableName, query: Query, isHeld = false): Window | undefined {
  const news = useInterest({ type: 'window', table, query, ...(isHeld && { isHeld }) });
  return news?.type === 'window' ? news.window : undefined;
}

/** Returns the counts of rows by the values of columns; undefined: the worker has not sent it yet. */
export function useFacets(
  table: TableName,
  filter: string,
  columns: readonly string[],
  isHeld = false,
): readonly Facet[] | undefined {
  const news = useInterest({ type: 'facets', table, filter, columns, ...(isHeld && { isHeld }) });
  return news?.type === 'facets' ? news.facets : undefined;
}

/** Returns what matches what someone types, and for what it was the answer; undefined: the worker has not sent it yet. */
export function useFound(typed: string): { readonly typed: string; readonly found: readonly Found[] } | undefined {
  const news = useInterest({ type: 'found', typed });
  return news?.type === 'found' ? news : undefined;
}

/** Returns one thing, now and when it changes; undefined: the worker has not sent it yet. Give the component the key of the thing. */
export function useObject(table: ThingTable, key: string): Detail | undefined {
  const news = useInterest({ type: 'object', table, key });
  return news?.type === 'object' ? news.detail : undefined;
}

/** Returns how many there are of everything; undefined: the worker has not sent it yet. */
export function useSums(): Sums | undefined {
  const news = useInterest({ type: 'sums' });
  return news?.type === 'sums' ? news.sums : undefined;
}

/** Returns the last message for an interest. It stays until there is a newer one, also when the interest changes. */
function useInterest(interest: Interest): News | undefined {
  const feed = useFeed();
  const [news, setNews] = useState<News>();
  const handle = useRef<WatchHandle>(undefined);
  const latest = useRef(interest);
  latest.current = interest;
  useEffect(() => {
    const opened = feed.open(setNews);
    handle.current = opened;
    opened.ask(latest.current);
    return () => opened.close();
  }, [feed]);
  const text = JSON.stringify(interest);
  useEffect(() => handle.current?.ask(JSON.parse(text)), [text]);
  return news;
}
