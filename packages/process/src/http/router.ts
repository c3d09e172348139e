import { methodNotAllowed, text } from './reply.ts';
import type { Request } from './request.ts';
import type { Handler, Response } from './response.ts';

/** One endpoint: a small object in its package's table. Packages may extend it with fields their guard reads. */
export interface Route {
  /** Path below the actor, `/state` or `/api/v1/scheduler`; it also answers for what lies below it. `/` only itself. */
  readonly path: string;
  /** Methods answered, others get 405; absent means any. Where GET is listed HEAD is answered too. */
  readonly methods?: readonly string[];
  /** What /help and the endpoint reference say. */
  readonly help: RouteHelp;
  readonly handler: Handler;
  /** Authentication realm, `mesos-master-readonly`; absent means open to everybody. */
  readonly realm?: string;
}

/** Documentation of one route. */
export interface RouteHelp {
  /** One line. */
  readonly summary: string;
  /** Markdown. */
  readonly description?: string;
  /** Query or form parameter name to its meaning. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Status code to when it is answered. */
  readonly statuses?: Readonly<Record<number, string>>;
}

/** Runs before a route's method check: firewall, authentication, redirection to the leader. A response ends it. */
export type Guard<R extends Route = Route> = (
  request: Request,
  route: R,
) => Promise<Response | undefined> | Response | undefined;

interface Actor {
  readonly routes: Map<string, Route>;
  readonly guard: Guard | undefined;
}

/**
 * Mesos's rules of routing: the first path segment names the actor, what is no actor is looked up below the delegate,
 * then the longest registered prefix of the rest wins. Empty parts of paths are dropped before. `/x.json` is another name of `/x`, its name before Mesos 0.25.
 *
 * @see Mesos 3rdparty/libprocess/src/process.cpp, ProcessManager::handle and ProcessBase::consume
 */
export class Router {
  readonly #actors = new Map<string, Actor>();
  readonly #delegate: string | undefined;
  readonly #guard: Guard | undefined;
  readonly #otherwise: Handler;

  /**
   * @param options.delegate actor of paths whose first segment is none.
   * @param options.guard runs before any other.
   * @param options.otherwise answers what no route does; default: 404.
   */
  constructor(options: { delegate?: string; guard?: Guard; otherwise?: Handler } = {}) {
    this.#delegate = options.delegate;
    this.#guard = options.guard;
    this.#otherwise = options.otherwise ?? (() => text(404));
  }

  /**
   * Adds an actor's routes; may be called again for the same actor without a second guard.
   *
   * @throws {Error} when a path is taken or does not begin with a slash: a mistake in a table.
   */
  add<R extends Route>(actor: string, routes: readonly R[], guard?: Guard<R>): void {
    const entry = this.#actors.get(actor) ?? { routes: new Map(), guard: guard as Guard | undefined };
    for (const route of routes) {
      if (!route.path.startsWith('/')) throw new Error(`Route '${route.path}' of '${actor}' must begin with a slash`);
      if (entry.routes.has(route.path)) throw new Error(`Route '${route.path}' of '${actor}' is defined twice`);
      entry.routes.set(route.path, route);
    }
    this.#actors.set(actor, entry);
  }

  /** Every route with its actor, in the order added: what /help and the endpoint reference are made from. */
  *routes(): Generator<{ readonly actor: string; readonly route: Route }> {
    for (const [actor, { routes }] of this.#actors) for (const route of routes.values()) yield { actor, route };
  }

  /** Answers a request; the handler of a server. */
  readonly handle = async (request: Request): Promise<Response> => {
    if (request.path.includes('/..')) return text(404);
    const found = this.#find(request.path);
    if (found === undefined) return this.#otherwise(request);
    const { actor, route, rest } = found;
    request.rest = rest;
    const refusal = (await this.#guard?.(request, route)) ?? (await actor.guard?.(request, route));
    if (refusal) return refusal;
    const { methods } = route;
    if (methods && !methods.includes(request.method) && !(request.method === 'HEAD' && methods.includes('GET'))) {
      return methodNotAllowed(methods, request.method);
    }
    return route.handler(request);
  };

  #find(path: string): { actor: Actor; route: Route; rest: string } | undefined {
    const slash = path.indexOf('/', 1);
    const first = path.slice(1, slash < 0 ? undefined : slash);
    const named = this.#actors.get(first);
    const actor = named ?? (this.#delegate === undefined ? undefined : this.#actors.get(this.#delegate));
    if (actor === undefined) return undefined;
    const below = named === undefined ? path : slash < 0 ? '/' : path.slice(slash);
    const match = longestPrefix(actor.routes, below);
    return match && { actor, ...match };
  }
}

function longestPrefix(routes: Map<string, Route>, path: string): { route: Route; rest: string } | undefined {
  if (path === '/') {
    const root = routes.get('/');
    return root && { route: root, rest: '' };
  }
  // The root, of which all paths are below, answers for itself only.
  for (let end = path.length; end > 1; end = path.lastIndexOf('/', end - 1)) {
    const prefix = path.slice(0, end);
    const route = routes.get(prefix) ?? (prefix.endsWith('.json') ? routes.get(prefix.slice(0, -5)) : undefined);
    if (route) return { route, rest: path.slice(end) };
  }
  return undefined;
}
