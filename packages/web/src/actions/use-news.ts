import { useSyncExternalStore } from 'react';
import type { FeedClient } from '../feed/client.ts';
import { useFeed } from '../feed/hooks.ts';
import { roles } from '../roles/roles.ts';
import { ActionNews, type Follow, type News } from './news.ts';

const newsOf = new WeakMap<FeedClient, ActionNews>();

/** Returns the news of the page. */
export function useActionNews(): ActionNews {
  const feed = useFeed();
  const known = newsOf.get(feed);
  if (known) return known;
  const made = new ActionNews(followIn(feed), after);
  newsOf.set(feed, made);
  return made;
}

/** Returns its lines, now and when they change. */
export function useNewsLines(): readonly News[] {
  const news = useActionNews();
  return useSyncExternalStore(
    listener => news.onChange(listener),
    () => news.lines,
  );
}

function after(ms: number, then: () => void): () => void {
  const timer = setTimeout(then, ms);
  return () => clearTimeout(timer);
}

function followIn(feed: FeedClient): Follow {
  return (effect, seen) => {
    if (effect.source === 'roles') {
      const look = () => {
        const { answer } = roles.state;
        const text = answer && effect.seen(answer.byName);
        if (text !== undefined) seen(text);
      };
      const close = roles.onChange(look);
      void roles.refresh();
      return close;
    }
    const watch = feed.open(message => {
      const text = message.type === 'object' ? effect.seen(message.detail) : undefined;
      if (text !== undefined) seen(text);
    });
    watch.ask({ type: 'object', table: effect.table, key: effect.key });
    return () => watch.close();
  };
}
