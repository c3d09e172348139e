/** What pages and the worker, which has the data, say to each other. All of it is plain data. */
import type { MasterResponseGetAgentsAgent, Task } from '@meseta/protocol/browser';
import type { Query, Window } from '../query/view.ts';
import type { MapNews } from '../store/agent-map.ts';
import type { Sums } from '../store/cluster.ts';
import type { FrameworkView } from '../store/frameworks.ts';
import type { Row } from '../store/table.ts';
import type { UserNews } from './owner.ts';

/** The tables that pages show. */
export type TableName = 'tasks' | 'agents' | 'frameworks';

/** What a page wants to get, now and when it changes. */
export type Interest =
  | { readonly type: 'window'; readonly table: TableName; readonly query: Query }
  | { readonly type: 'object'; readonly table: TableName; readonly key: string }
  | { readonly type: 'sums' }
  | { readonly type: 'map' };

/** From a page to the worker. `id` is the page's name for one interest; the same id again changes it. */
export type ToWorker =
  | { readonly type: 'watch'; readonly id: number; readonly interest: Interest }
  | { readonly type: 'unwatch'; readonly id: number }
  /** Tries again now, where the worker waits. */
  | { readonly type: 'retry' }
  /** Somebody has signed in, or out. */
  | { readonly type: 'user'; readonly news: UserNews }
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

/** Why there are no events. */
export interface Problem {
  /** A sentence. */
  readonly reason: string;
  /** The status of the master's answer; undefined: it gave none. */
  readonly status?: number;
  /** The code of the error, as in the reference of errors. */
  readonly code?: string;
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
  readonly problem?: Problem;
  /** When it tries again. */
  readonly retryAt?: number;
}

/** From the worker to a page. */
export type ToPage =
  | { readonly type: 'status'; readonly status: FeedStatus }
  | { readonly type: 'window'; readonly id: number; readonly window: Window }
  | { readonly type: 'object'; readonly id: number; readonly detail: Detail }
  | { readonly type: 'sums'; readonly id: number; readonly sums: Sums }
  | { readonly type: 'map'; readonly id: number; readonly map: MapNews };
