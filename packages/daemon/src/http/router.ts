/** The routes of a daemon: each names its realm and what it asks before it answers. */
import { type Guard, type Handler, type Request, type Response, type Route, Router } from '@meseta/process';
import type { AccessControl, Authentication, Filters, Realm } from '../access/access-control.ts';
import type { AccessObjects, Action, Question } from '../access/actions.ts';
import { demand, type Filtering, filtersOf, type Open } from '../access/entry.ts';
import { settled } from '../access/settled.ts';
import { endOf, endsWith, noteEnd } from './session-streams.ts';

type Answer = Response | Promise<Response>;

/** Asks itself when it knows what for: the calls in its body name their actions, or the attached paths do. */
interface Deferring {
  /** Who asks what. */
  readonly defers: string;
}

/** Asks, and then shows what may be seen where it has filters. */
interface HandlerAsking extends Partial<Filtering> {
  readonly asks: readonly Action[];
}

/** What a route does with a request, made by one of the functions below, so that what it names is what it asks. */
export interface RouteHandler {
  readonly access: Open | Deferring | Filtering | HandlerAsking;
  readonly answer: (access: AccessControl, request: Request) => Answer;
}

/** A prepared change: the authorization it needs and the function that performs it. */
export interface PreparedChange<A extends Action = Action> {
  readonly questions: readonly Question<A>[];
  readonly act: () => Answer;
}

/** Prepares a change that needs one action for each of these objects. */
export function prepareChange<A extends Action>(
  action: A,
  objects: readonly AccessObjects[A][],
  act: () => Answer,
): PreparedChange<A> {
  return { questions: objects.map(object => ({ action, object }) as Question<A>), act };
}

/**
 * Makes a handler for all requests that pass the realm's authentication. @param why no further authorization is needed.
 */
export function openTo(why: string, handler: (request: Request) => Answer): RouteHandler {
  return { access: { open: why }, answer: (_, request) => handler(request) };
}

/** Leaves authorization to the code that the handler calls. @param who asks what. */
export function defersTo(who: string, handler: (request: Request) => Answer): RouteHandler {
  return { access: { defers: who }, answer: (_, request) => handler(request) };
}

/** Asks GET_ENDPOINT_WITH_PATH, or another action about the daemon, before it looks at the request. */
export function asksFor<A extends Action>(
  action: A,
  object: AccessObjects[A],
  handler: (request: Request) => Answer,
): RouteHandler {
  return changes(action, request => prepareChange(action, [object], () => handler(request)));
}

/** Shows what the one who asks may see of it. */
export function shows<A extends Action>(
  actions: readonly A[],
  handler: (request: Request, see: Filters<A>) => Answer,
): RouteHandler {
  return {
    access: { filters: actions },
    answer: (access, request) =>
      settled(filtersOf(access, request.principal, actions), see => handler(request, see)) as Answer,
  };
}

/** The same for a path that one must be allowed to get at all: it asks GET_ENDPOINT_WITH_PATH first. */
export function showsAt<A extends Action>(
  path: string,
  actions: readonly A[],
  handler: (request: Request, see: Filters<A>) => Answer,
): RouteHandler {
  const inside = shows(actions, handler);
  const outside = (access: AccessControl) =>
    asksFor('GET_ENDPOINT_WITH_PATH', { value: path }, request => inside.answer(access, request));
  return {
    access: { asks: ['GET_ENDPOINT_WITH_PATH'], filters: actions },
    answer: (access, request) => outside(access).answer(access, request),
  };
}

/**
 * Makes a handler that reads the request, asks for authorization, and then acts. @param prepare reads the request; it
 * must not change anything.
 */
export function changes<A extends Action>(
  asks: A | readonly A[],
  prepare: (request: Request) => PreparedChange<NoInfer<A>> | Promise<PreparedChange<NoInfer<A>>>,
): RouteHandler {
  return {
    access: { asks: typeof asks === 'string' ? [asks] : asks },
    async answer(access, request) {
      const { questions, act } = await prepare(request);
      await demand(access, request.principal, questions as readonly Question[]);
      return act();
    },
  };
}

/** An entry of a daemon's table of routes. */
export interface DaemonRoute extends Omit<Route, 'handler' | 'methods'> {
  /** The realm that requires authentication; undefined: none is required, and `does` is {@link openTo} all requests. */
  readonly realm: Realm | undefined;
  /** Methods answered; absent means any. */
  readonly methods?: readonly string[];
  /** The handler of all methods, or one for each method that is answered. */
  readonly does: RouteHandler | Readonly<Record<string, RouteHandler>>;
}

interface ServedRoute extends Route {
  readonly entry: DaemonRoute;
}

/** A guard of a daemon: it may look at the entry of the route. */
export type DaemonGuard = Guard<ServedRoute>;

/**
 * The router of a daemon. Guards come first, in their order; the last one finds out who sends the request. For which
 * host a request is and which page sent it, the server's gate has looked at before: see `Gate` for why there.
 */
export class DaemonRouter {
  readonly #router: Router<ServedRoute>;
  readonly #access: AccessControl;

  /**
   * @param options.delegate actor of paths whose first segment is none.
   * @param options.otherwise answers what no route does; default: 404.
   */
  constructor(options: {
    access: AccessControl;
    delegate: string;
    guards?: readonly DaemonGuard[];
    otherwise?: Handler;
  }) {
    const { access, delegate, guards = [], otherwise } = options;
    this.#access = access;
    this.#router = new Router({
      delegate,
      guards: [...guards, authenticationGuard(access)],
      ...(otherwise && { otherwise }),
    });
  }

  /** Adds an actor's routes. @throws {Error} as `Router.add`. */
  add(actor: string, entries: readonly DaemonRoute[]): void {
    this.#router.add(
      actor,
      entries.map(entry => served(this.#access, entry)),
    );
  }

  /** Every entry with its actor, in the order added. */
  *routes(): Generator<{ readonly actor: string; readonly route: DaemonRoute }> {
    for (const { actor, route } of this.#router.routes()) yield { actor, route: route.entry };
  }

  /** Answers a request; the handler of a server. */
  get handle() {
    return this.#router.handle;
  }
}

/** Returns the handlers of an entry by method; without a method, the handler of all methods. */
export function handlersOf({
  does,
}: DaemonRoute): readonly (readonly [method: string | undefined, handler: RouteHandler])[] {
  return isHandler(does) ? [[undefined, does]] : Object.entries(does);
}

function served(access: AccessControl, entry: DaemonRoute): ServedRoute {
  const { does, methods = isHandler(does) ? undefined : Object.keys(does) } = entry;
  const handlerOf = ({ method }: Request) => (isHandler(does) ? does : does[method === 'HEAD' ? 'GET' : method]);
  return {
    path: entry.path,
    help: entry.help,
    ...(methods && { methods }),
    entry,
    handler(request) {
      const handler = handlerOf(request);
      if (handler === undefined) throw new Error(`'${entry.path}' has nothing for ${request.method}`);
      return settled(handler.answer(access, request), made => {
        // Looked up now: a handler may have found out itself who sends the request.
        const onEnd = endOf(request);
        return onEnd ? endsWith(made, onEnd) : made;
      });
    },
  };
}

function isHandler(does: DaemonRoute['does']): does is RouteHandler {
  return typeof does.answer === 'function';
}

function authenticationGuard(access: AccessControl): DaemonGuard {
  return (request, { entry: { realm } }) => {
    if (realm === undefined) return undefined;
    const take = ({ principal, refusal, onEnd }: Authentication) => {
      request.principal = principal;
      if (onEnd) noteEnd(request, onEnd);
      return refusal;
    };
    return settled(access.authenticate(request, realm), take);
  };
}
