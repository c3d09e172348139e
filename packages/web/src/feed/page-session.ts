/** Sends one page what it is interested in. */
import { findAll } from '../find/find.ts';
import { facetsOf } from '../query/facets.ts';
import { type Query, View } from '../query/view.ts';
import { AgentMapView } from '../store/agent-map.ts';
import type { ClusterStore } from '../store/cluster.ts';
import type { Table } from '../store/table.ts';
import type { Detail, FeedStatus, Interest, News, ThingTable } from './messages.ts';

/** One interest of a page. */
interface Watch {
  /** Returns what to send now; undefined: nothing has changed. */
  news(): News | undefined;
  /** Something has changed of which there will be news later. */
  readonly isWaiting?: boolean;
  close(): void;
}

/** A watch of rows, which may be asked for others. */
interface WindowWatch extends Watch {
  readonly ask?: (query: Query) => void;
}

/** Counts of all rows follow changes this often at most: they cost more than a window does. */
const FACETS_MS = 1000;

/** How much is found at most. */
const FOUND = 30;

/** The interests of one page. */
export class PageSession {
  readonly #store: ClusterStore;
  readonly #now: () => number;
  readonly #watches = new Map<number, { readonly interest: Interest; readonly watch: WindowWatch }>();
  #status: FeedStatus | undefined;
  /** The events of when the page began to hold them; undefined: it holds none. */
  #held: Table | undefined;

  /** @param now milliseconds of a clock that only goes forward. */
  constructor(store: ClusterStore, now: () => number = () => performance.now()) {
    this.#store = store;
    this.#now = now;
  }

  /** Begins an interest, or changes it. */
  watch(id: number, interest: Interest): void {
    const known = this.#watches.get(id);
    if (known?.watch.ask && isSameWindow(known.interest, interest)) return known.watch.ask(interest.query);
    known?.watch.close();
    this.#watches.set(id, { interest, watch: this.#open(id, interest) });
    this.#letGo();
  }

  /** Ends an interest; an unknown id is ignored. */
  unwatch(id: number): void {
    this.#watches.get(id)?.watch.close();
    this.#watches.delete(id);
    this.#letGo();
  }

  /** Returns what has changed since the last time, and whether there is more to send later, without another change. */
  flush(status: FeedStatus): { readonly news: readonly News[]; readonly isWaiting: boolean } {
    const news: News[] = [];
    if (status !== this.#status) news.push({ type: 'status', status });
    this.#status = status;
    let isWaiting = false;
    for (const { watch } of this.#watches.values()) {
      const one = watch.news();
      if (one) news.push(one);
      isWaiting ||= watch.isWaiting ?? false;
    }
    return { news, isWaiting };
  }

  #open(id: number, interest: Interest): WindowWatch {
    const store = this.#store;
    switch (interest.type) {
      case 'window':
        return watchWindow(this.#rowsOf(interest), id, interest.query);
      case 'facets':
        return watchFacets(this.#rowsOf(interest), id, interest, this.#now);
      case 'found':
        return watchFound(store, id, interest.typed);
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

  /** The table that an interest is about. All that a page holds is of one moment. */
  #rowsOf({ table, isHeld }: RowsInterest): Table {
    if (table !== 'events' || !isHeld) return this.#store[table] as Table;
    this.#held ??= this.#store.copyEvents() as Table;
    return this.#held;
  }

  /** Forgets the events that the page has held. */
  #letGo(): void {
    if (this.#held && ![...this.#watches.values()].some(({ interest }) => 'isHeld' in interest)) this.#held = undefined;
  }

  /** Ends all interests. */
  close(): void {
    for (const id of [...this.#watches.keys()]) this.unwatch(id);
  }
}

type WindowInterest = Interest & { readonly type: 'window' };
type RowsInterest = Interest & { readonly type: 'window' | 'facets' };

/** Whether an interest is in other rows of the same table. */
function isSameWindow(known: Interest, interest: Interest): interest is WindowInterest {
  return (
    known.type === 'window' &&
    interest.type === 'window' &&
    known.table === interest.table &&
    known.isHeld === interest.isHeld
  );
}

function watchWindow(table: Table, id: number, query: Query): WindowWatch {
  const view = new View(table, query);
  return {
    news: () => (view.hasChanged ? { type: 'window', id, window: view.read() } : undefined),
    ask: query => view.ask(query),
    close: () => view.close(),
  };
}

function watchFacets(
  table: Table,
  id: number,
  { filter, columns }: Interest & { readonly type: 'facets' },
  now: () => number,
): Watch {
  let hasChanged = true;
  let lastAt = Number.NEGATIVE_INFINITY;
  const close = table.watch(() => {
    hasChanged = true;
  });
  return {
    news() {
      if (!hasChanged || now() - lastAt < FACETS_MS) return undefined;
      hasChanged = false;
      lastAt = now();
      return { type: 'facets', id, facets: facetsOf(table, filter, columns) };
    },
    get isWaiting() {
      return hasChanged;
    },
    close,
  };
}

/** Answers once: a list that changes while someone chooses from it is of no use. */
function watchFound(store: ClusterStore, id: number, typed: string): Watch {
  let isAsked = true;
  return {
    news() {
      if (!isAsked) return undefined;
      isAsked = false;
      return { type: 'found', id, typed, found: findAll(store, typed, FOUND) };
    },
    close() {},
  };
}

function watchObject(store: ClusterStore, id: number, name: ThingTable, key: string): Watch {
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

function detailOf(store: ClusterStore, name: ThingTable, key: string): Detail {
  const table: Table = store[name] as Table;
  const row = table.rowOf(key);
  return row === undefined ? { row } : { row: table.valuesOf(row), ...objectOf[name](store, key) };
}

const objectOf: Readonly<Record<ThingTable, (store: ClusterStore, key: string) => Omit<Detail, 'row'>>> = {
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
