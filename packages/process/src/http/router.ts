import { failure, methodNotAllowed } from './reply.ts';
import type { Request } from './request.ts';
import type { Handler, Response } from './response.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\0-\x1f\x7f]/;

/** One endpoint: a small object in its package's table. Packages may extend it with fields their guard reads. */
export interface Route {
  /** Path below the actor, `/state` or `/api/v1/scheduler`; it also answers for what lies below it. `/` only itself. */
  readonly path: string;
  /** Methods answered, others get 405; absent means any. Where GET is listed HEAD is answered too. */
  readonly methods?: readonly string[];
  /** What /help and the endpoint reference say. */
  readonly help: RouteHelp;
  readonly handler: Handler;
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

type Actor<R> = Map<string, R>;

interface Found<R> {
  readonly route: R;
  readonly rest: string;
}

/**
 * Mesos's rules of routing: the first path segment names the actor, what is no actor is looked up below the delegate,
 * then the longest registered prefix of the rest wins. Empty parts of paths are dropped before. `/x.json` is another name of `/x`, its name before Mesos 0.25.
 *
 * @see Mesos 3rdparty/libprocess/src/process.cpp, ProcessManager::handle and ProcessBase::consume
 */
export class Router<R extends Route = Route> {
  readonly #actors = new Map<string, Actor<R>>();
  /** What was found for paths of which nothing is left: there are as many as names of routes. */
  readonly #exact = new Map<string, Found<R>>();
  readonly #delegate: string | undefined;
  readonly #guards: readonly Guard<R>[];
  readonly #otherwise: Handler;

  /**
   * @param options.delegate actor of paths whose first segment is none.
   * @param options.guards are asked in this order, the first response ends it.
   * @param options.otherwise answers what no route does; default: 404.
   */
  constructor(options: { delegate?: string; guards?: readonly Guard<R>[]; otherwise?: Handler } = {}) {
    this.#delegate = options.delegate;
    this.#guards = options.guards ?? [];
    this.#otherwise = options.otherwise ?? (() => failure('ROUTE_NOT_FOUND'));
  }

  /**
   * Adds an actor's routes; may be called again for the same actor.
   *
   * @throws {Error} when a path is taken or does not begin with a slash: a mistake in a table.
   */
  add(actor: string, routes: readonly R[]): void {
    const known: Actor<R> = this.#actors.get(actor) ?? new Map();
    for (const route of routes) {
      if (!route.path.startsWith('/')) throw new Error(`Route '${route.path}' of '${actor}' must begin with a slash`);
      if (known.has(route.path)) throw new Error(`Route '${route.path}' of '${actor}' is defined twice`);
      known.set(route.path, route);
    }
    this.#actors.set(actor, known);
    this.#exact.clear();
  }

  /** Every route with its actor, in the order added: what /help and the endpoint reference are made from. */
  *routes(): Generator<{ readonly actor: string; readonly route: R }> {
    for (const [actor, routes] of this.#actors) for (const route of routes.values()) yield { actor, route };
  }

  /** Answers a request; the handler of a server. Without a promise where guards and route do. */
  readonly handle = (request: Request): Promise<Response> | Response => {
    const { path } = request;
    const found = this.#exact.get(path) ?? this.#look(path);
    if (found === 'nothing') return failure('ROUTE_NOT_FOUND');
    if (found === undefined) return this.#otherwise(request);
    const { route, rest } = found;
    request.rest = rest;
    const refusal = this.#refusal(request, route, 0);
    if (refusal === undefined) return answered(request, route);
    return refusal instanceof Promise ? refusal.then(answer => answer ?? answered(request, route)) : refusal;
  };

  /** Asks the guards from one on. Returns the first response. */
  #refusal(request: Request, route: R, from: number): Promise<Response | undefined> | Response | undefined {
    for (let index = from; index < this.#guards.length; index++) {
      const verdict = this.#guards[index]?.(request, route);
      if (verdict instanceof Promise) {
        return verdict.then(refusal => refusal ?? this.#refusal(request, route, index + 1));
      }
      if (verdict !== undefined) return verdict;
    }
    return undefined;
  }

  #look(path: string): Found<R> | 'nothing' | undefined {
    // Nothing has such a name; without this, `/api/v1/executor%00` would be below `/api/v1`.
    if (path.includes('/..') || CONTROL.test(path)) return 'nothing';
    const found = this.#find(path);
    if (found?.rest === '') this.#exact.set(path, found);
    return found;
  }

  #find(path: string): Found<R> | undefined {
    const slash = path.indexOf('/', 1);
    const first = path.slice(1, slash < 0 ? undefined : slash);
    const named = this.#actors.get(first);
    const actor = named ?? (this.#delegate === undefined ? undefined : this.#actors.get(this.#delegate));
    if (actor === undefined) return undefined;
    const below = named === undefined ? path : slash < 0 ? '/' : path.slice(slash);
    return longestPrefix(actor, below);
  }
}

function answered(request: Request, { methods, handler }: Route): Promise<Response> | Response {
  const { method } = request;
  if (methods && !methods.includes(method) && !(method === 'HEAD' && methods.includes('GET'))) {
    return methodNotAllowed(methods, method);
  }
  return handler(request);
}

function longestPrefix<R>(routes: Actor<R>, path: string): Found<R> | undefined {
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
