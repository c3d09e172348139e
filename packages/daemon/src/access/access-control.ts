/** Who is somebody, and what may he do: the one thing that every edge of a daemon asks. */
import type { Principal, Request, Response } from '@meseta/process';
import type { AccessObjects, Action } from './actions.ts';

/** Realms of authentication over HTTP, named as in Mesos. */
export type Realm =
  | 'mesos-master-readonly'
  | 'mesos-master-readwrite'
  | 'mesos-master-scheduler'
  | 'mesos-agent-readonly'
  | 'mesos-agent-readwrite'
  | 'mesos-agent-executor';

/** Who sends a request, undefined for nobody in particular; or the answer to somebody who should have said: 401. */
export interface Authentication {
  readonly principal?: Principal | undefined;
  readonly refusal?: Response;
}

/**
 * Says of each object whether it may be seen. Undefined is the filter that lets everything through: what is shown need
 * not be looked at one by one.
 */
export type Filter<A extends Action = Action> = ((object: AccessObjects[A]) => boolean) | undefined;

/** Filters by action. */
export type Filters<A extends Action = Action> = { readonly [Each in A]: Filter<Each> };

/**
 * Answers that are there at once are best given at once, not as a promise: what waits for them then goes on in the same
 * turn. A question that cannot be answered rejects, and nothing is done.
 */
export interface AccessControl {
  /** Finds out who sends a request, by the rules of a realm. */
  authenticate(request: Request, realm: Realm): Authentication | Promise<Authentication>;
  /** Who a process has proven to be that sends libprocess messages; undefined for nobody in particular. */
  principalOf(pid: string): Principal | undefined;
  /** Whether somebody may do this to that. */
  authorize<A extends Action>(
    principal: Principal | undefined,
    action: A,
    object: AccessObjects[A],
  ): boolean | Promise<boolean>;
  /** What somebody may see, for a view that has many objects. */
  filter<A extends Action>(principal: Principal | undefined, action: A): Filter<A> | Promise<Filter<A>>;
}

const anonymous: Authentication = {};

/** Everybody may do everything, and nobody is asked who he is: a daemon without authentication and authorization. */
export const openAccess: AccessControl = {
  authenticate: () => anonymous,
  principalOf: () => undefined,
  authorize: () => true,
  filter: () => undefined,
};

/** Sees everything: for views that are made for the daemon itself. */
export const unfiltered = {} as Filters;
