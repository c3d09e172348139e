/** Sends one page what it is interested in. */

import { type Query, View } from '../query/view.ts';
import { AgentMapView } from '../store/agent-map.ts';
import type { ClusterStore } from '../store/cluster.ts';
import type { Table } from '../store/table.ts';
import type { Detail, FeedStatus, Interest, TableName, ToPage } from './messages.ts';

/** One interest of a page. */
interface Watch {
  /** Returns what to send now; undefined: nothing has changed. */
  news(): ToPage | undefined;
  close(): void;
}

/** The interests of one page. */
export class PageSession {
  readonly #store: ClusterStore;
  readonly #post: (message: ToPage) => void;
  readonly #watches = new Map<number, Watch & { readonly interest: Interest; ask?: (query: Query) => void }>();
  #status: FeedStatus | undefined;

  constructor(store: ClusterStore, post: (message: ToPage) => void) {
    this.#store = store;
    this.#post = post;
  }

  /** Begins an interest, or changes it. */
  watch(id: number, interest: Interest): void {
    const known = this.#watches.get(id);
    if (
      known?.ask &&
      known.interest.type === 'window' &&
      interest.type === 'window' &&
      known.interest.table === interest.table
    )
      return known.ask(interest.query);
    known?.close();
    this.#watches.set(id, { ...watchOf(this.#store, id, interest), interest });
  }

  /** Ends an interest; an unknown id is ignored. */
  unwatch(id: number): void {
    this.#watches.get(id)?.close();
    this.#watches.delete(id);
  }

  /** Sends what has changed since the last time. */
  flush(status: FeedStatus): void {
    if (status !== this.#status) this.#post({ type: 'status', status });
    this.#status = status;
    for (const watch of this.#watches.values()) {
      const news = watch.news();
      if (news) this.#post(news);
    }
  }

  /** Ends all interests. */
  close(): void {
    for (const id of [...this.#watches.keys()]) this.unwatch(id);
  }
}

function watchOf(store: ClusterStore, id: number, interest: Interest): Watch & { ask?: (query: Query) => void } {
  switch (interest.type) {
    case 'window': {
      const view = new View(store[interest.table] as Table, interest.query);
      return {
        news: () => (view.hasChanged ? { type: 'window', id, window: view.read() } : undefined),
        ask: query => view.ask(query),
        close: () => view.close(),
      };
    }
    case 'object':
      return watchObject(store, id, interest.table, interest.key);
    case 'sums':
      return watchSums(store, id);
    case 'map':
      return watchMap(store, id);
    default:
      throw new Error(`unhandled interest ${interest satisfies never}`);
  }
}

function watchObject(store: ClusterStore, id: number, name: TableName, key: string): Watch {
  const table: Table = store[name] as Table;
  let last = table.rowOf(key);
  let hasChanged = true;
  const close = table.watch(row => {
    const current = table.rowOf(key);
    hasChanged ||= row === last || row === current;
    last = current;
  });
  return {
    news() {
      if (!hasChanged) return undefined;
      hasChanged = false;
      return { type: 'object', id, detail: detailOf(store, name, key) };
    },
    close,
  };
}

function detailOf(store: ClusterStore, name: TableName, key: string): Detail {
  const table: Table = store[name] as Table;
  const row = table.rowOf(key);
  return row === undefined ? { row } : { row: table.valuesOf(row), ...objectOf[name](store, key) };
}

const objectOf: Readonly<Record<TableName, (store: ClusterStore, key: string) => Omit<Detail, 'row'>>> = {
  tasks: (store, key) => named('task', store.task(key)),
  agents: (store, key) => named('agent', store.agent(key)),
  frameworks: (store, key) => named('framework', store.framework(key)),
};

const named = (name: string, value: object | undefined): Omit<Detail, 'row'> => (value ? { [name]: value } : {});

function watchMap(store: ClusterStore, id: number): Watch {
  const view = new AgentMapView(store.agents);
  return {
    news() {
      const map = view.news();
      return map && { type: 'map', id, map };
    },
    close: () => view.close(),
  };
}

function watchSums(store: ClusterStore, id: number): Watch {
  let hasChanged = true;
  const closings = [store.tasks, store.agents, store.frameworks].map(table =>
    (table as Table).watch(() => {
      hasChanged = true;
    }),
  );
  return {
    news() {
      if (!hasChanged) return undefined;
      hasChanged = false;
      return { type: 'sums', id, sums: store.sums() };
    },
    close() {
      for (const close of closings) close();
    },
  };
}
