import { createContext, use, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { Query, Window } from '../query/view.ts';
import type { Sums } from '../store/cluster.ts';
import type { FeedClient, WatchHandle } from './client.ts';
import type { Detail, FeedStatus, Interest, TableName, ToPage } from './messages.ts';

/** The page's channel to the worker. */
export const FeedContext = createContext<FeedClient | undefined>(undefined);

/** Returns the page's channel. @throws {Error} outside of {@link FeedContext}. */
export function useFeed(): FeedClient {
  const feed = use(FeedContext);
  if (feed === undefined) throw new Error('There is no FeedContext around this component');
  return feed;
}

/** Returns how the worker stands to the master. */
export function useFeedStatus(): FeedStatus {
  const feed = useFeed();
  return useSyncExternalStore(
    listener => feed.onStatus(listener),
    () => feed.status,
  );
}

/** Returns the rows of a table that a query asks for, now and when they change; undefined: the worker has not sent it yet. */
export function useWindow(table: TableName, query: Query): Window | undefined {
  const news = useInterest({ type: 'window', table, query });
  return news?.type === 'window' ? news.window : undefined;
}

/** Returns one thing, now and when it changes; undefined: the worker has not sent it yet. Give the component the key of the thing. */
export function useObject(table: TableName, key: string): Detail | undefined {
  const news = useInterest({ type: 'object', table, key });
  return news?.type === 'object' ? news.detail : undefined;
}

/** Returns how many there are of everything; undefined: the worker has not sent it yet. */
export function useSums(): Sums | undefined {
  const news = useInterest({ type: 'sums' });
  return news?.type === 'sums' ? news.sums : undefined;
}

/** Returns the last message for an interest. It stays until there is a newer one, also when the interest changes. */
function useInterest(interest: Interest): ToPage | undefined {
  const feed = useFeed();
  const [news, setNews] = useState<ToPage>();
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
