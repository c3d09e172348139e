/** The interface for authentication and authorization, which every entry point of a daemon uses. */
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

/** The principal of a request; undefined when it is anonymous; or the 401 response when authentication is required. */
export interface Authentication {
  readonly principal?: Principal | undefined;
  readonly refusal?: Response;
  /**
   * Where the principal is known for a time only: calls `end` when that is over. What the request has open ends then.
   *
   * @returns a function that takes this back.
   */
  readonly onEnd?: (end: () => void) => () => void;
}

/**
 * Tells for each object whether it may be seen. Undefined means that everything may be seen, so that objects need not
 * be checked one by one.
 */
export type Filter<A extends Action = Action> = ((object: AccessObjects[A]) => boolean) | undefined;

/** Filters by action. */
export type Filters<A extends Action = Action> = { readonly [Each in A]: Filter<Each> };

/**
 * Authenticates and authorizes requests. Implementations should return an immediate answer directly and not as a
 * promise: the caller then continues in the same tick. When a question cannot be answered, the call rejects and nothing
 * is done.
 */
export interface AccessControl {
  /** Finds out who sends a request, by the rules of a realm. */
  authenticate(request: Request, realm: Realm): Authentication | Promise<Authentication>;
  /**
   * Returns the principal that a process has proven, which sends libprocess messages; undefined when it is anonymous.
   */
  principalOf(pid: string): Principal | undefined;
  /** Tells whether a principal may perform an action on an object. */
  authorize<A extends Action>(
    principal: Principal | undefined,
    action: A,
    object: AccessObjects[A],
  ): boolean | Promise<boolean>;
  /** Returns the filter of what a principal may see, for views with many objects. */
  filter<A extends Action>(principal: Principal | undefined, action: A): Filter<A> | Promise<Filter<A>>;
}

const anonymous: Authentication = {};

/** Allows everything without authentication: the access control of a daemon that has none configured. */
export const openAccess: AccessControl = {
  authenticate: () => anonymous,
  principalOf: () => undefined,
  authorize: () => true,
  filter: () => undefined,
};

/** Sees everything: for views that are made for the daemon itself. */
export const unfiltered = {} as Filters;
