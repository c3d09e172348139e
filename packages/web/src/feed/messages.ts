/** What pages and the worker, which has the data, say to each other. All of it is plain data. */
import type { MasterResponseGetAgentsAgent, Task } from '@meseta/protocol/browser';
import type { Found } from '../find/find.ts';
import type { Facet } from '../query/facets.ts';
import type { Query, Window } from '../query/view.ts';
import type { RequestProblem } from '../requests/request.ts';
import type { MapNews } from '../store/agent-map.ts';
import type { Sums } from '../store/cluster.ts';
import type { FrameworkView } from '../store/frameworks.ts';
import type { Row } from '../store/table.ts';
import type { UserNews } from './owner.ts';

/** The tables of things, each of which has a page. */
export type ThingTable = 'tasks' | 'agents' | 'frameworks';

/** The tables that pages show. */
export type TableName = ThingTable | 'events';

/** What a page wants to get, now and when it changes. */
export type Interest =
  | {
      readonly type: 'window';
      readonly table: TableName;
      readonly query: Query;
      /** The rows stay those of now. Only events can be held. */
      readonly isHeld?: boolean;
    }
  | {
      readonly type: 'facets';
      readonly table: TableName;
      readonly filter: string;
      readonly columns: readonly string[];
      /** Of the same rows as a window that is held. */
      readonly isHeld?: boolean;
    }
  | { readonly type: 'found'; readonly typed: string }
  | { readonly type: 'object'; readonly table: ThingTable; readonly key: string }
  | { readonly type: 'sums' }
  | { readonly type: 'map' };

/** From a page to the worker. `id` is the page's name for one interest; the same id again changes it. */
export type ToWorker =
  | { readonly type: 'watch'; readonly id: number; readonly interest: Interest }
  | { readonly type: 'unwatch'; readonly id: number }
  /** Tries again now, where the worker waits. */
  | { readonly type: 'retry' }
  /** A user has signed in or out. */
  | { readonly type: 'user'; readonly news: UserNews }
  /** The page has taken what was sent last. */
  | { readonly type: 'taken' }
  /** The page goes away. */
  | { readonly type: 'leave' };

/** One thing with all that is known of it. */
export interface Detail {
  /** Its row of the table; undefined: it is gone or never existed. */
  readonly row: Row | undefined;
  readonly task?: Task;
  readonly agent?: MasterResponseGetAgentsAgent;
  readonly framework?: FrameworkView;
}

/** How the worker stands to the master. Times are milliseconds since the epoch. */
export interface FeedStatus {
  /** `moved`: another master leads; the page asks for its address. `unauthenticated`: it waits until the user signs in. */
  readonly phase: 'loading' | 'live' | 'waiting' | 'moved' | 'unauthenticated';
  /** When the data were true; undefined: there are none yet. */
  readonly dataFrom?: number;
  /** How many bytes of the snapshot have arrived. */
  readonly received: number;
  /** The number of attempts since events came last. */
  readonly attempt: number;
  /** Why there are no events. */
  readonly problem?: RequestProblem;
  /** When it tries again. */
  readonly retryAt?: number;
}

/** From the worker to a page: all that has changed, in one message, so that the page is made anew once. */
export type ToPage = readonly News[];

/** One thing that has changed. */
export type News =
  | { readonly type: 'status'; readonly status: FeedStatus }
  | { readonly type: 'window'; readonly id: number; readonly window: Window }
  | { readonly type: 'facets'; readonly id: number; readonly facets: readonly Facet[] }
  | { readonly type: 'found'; readonly id: number; readonly typed: string; readonly found: readonly Found[] }
  | { readonly type: 'object'; readonly id: number; readonly detail: Detail }
  | { readonly type: 'sums'; readonly id: number; readonly sums: Sums }
  | { readonly type: 'map'; readonly id: number; readonly map: MapNews };
