/** Declares which authorization a table entry needs. An entry is a route, a call, an operation or a message. */
import { HttpError, type Principal } from '@meseta/process';
import type { AccessControl, Filter, Filters } from './access-control.ts';
import type { AccessObjects, Action, Question } from './actions.ts';
import { settled } from './settled.ts';

/** Needs no authorization. */
export interface Open {
  /** Why that is right. */
  readonly open: string;
}

/** Acts when all questions are answered with yes. */
export interface Asking<Args extends readonly unknown[], A extends Action = Action> {
  /** All that it may ask for. */
  readonly asks: readonly A[];
  /** The questions about one request. It may throw what the entry itself throws when there is no such object. */
  readonly questions: (...args: Args) => readonly Question<A>[];
}

/** Shows something, without what may not be seen. */
export interface Filtering {
  readonly filters: readonly Action[];
}

/** Every entry has one of these. @typeParam Args what the entry is called with. */
export type Access<Args extends readonly unknown[]> = Open | Asking<Args> | Filtering;

/** Nothing is asked, for a reason that the reader of the table can judge. */
export const open = (why: string): Open => ({ open: why });

/** Asks one action about each of these objects. */
export function asks<A extends Action, Args extends readonly unknown[]>(
  action: A,
  objects: (...args: Args) => readonly AccessObjects[A][],
): Asking<Args, A> {
  return {
    asks: [action],
    questions: (...args) => objects(...args).map(object => ({ action, object }) as Question<A>),
  };
}

/** Asks one of several actions, depending on the request. */
export function asksOneOf<A extends Action, Args extends readonly unknown[]>(
  actions: readonly A[],
  questions: (...args: Args) => readonly NoInfer<Question<A>>[],
): Asking<Args, A> {
  return { asks: actions, questions };
}

/**
 * Tells whether every question is allowed, at once when all answers are there. No further question is asked after a no.
 */
export function allows(
  access: AccessControl,
  principal: Principal | undefined,
  questions: readonly Question[],
  from = 0,
): boolean | Promise<boolean> {
  for (const [index, { action, object }] of questions.entries()) {
    if (index < from) continue;
    const answer = access.authorize(principal, action, object);
    if (answer === false) return false;
    if (answer !== true) return answer.then(yes => yes && allows(access, principal, questions, index + 1));
  }
  return true;
}

/**
 * Asks the questions of one entry about one request.
 *
 * @returns whether all are allowed; at once when all answers are there.
 */
export type Ask<Args extends readonly unknown[]> = (
  principal: Principal | undefined,
  ...args: Args
) => boolean | Promise<boolean>;

/**
 * Makes the function with which a handler asks what its entry names, and nothing else. For handlers that must look at a
 * request before they can ask. That of an open entry always allows.
 */
export function asker<Args extends readonly unknown[]>(access: AccessControl, entry: Open | Asking<Args>): Ask<Args> {
  if (!('asks' in entry)) return () => true;
  return (principal, ...args) => allows(access, principal, entry.questions(...args));
}

/** Refuses an HTTP request unless every question is allowed. @throws {HttpError} 403. */
export function demand(
  access: AccessControl,
  principal: Principal | undefined,
  questions: readonly Question[],
): void | Promise<void> {
  return settled(allows(access, principal, questions), yes => {
    if (!yes) throw new HttpError('NOT_AUTHORIZED', '403 Forbidden.');
  });
}

/** Returns the filters that an entry names. */
export function filtersOf<A extends Action>(
  access: AccessControl,
  principal: Principal | undefined,
  actions: readonly A[],
): Filters<A> | Promise<Filters<A>> {
  const filters = actions.map(action => access.filter(principal, action) as Filter | Promise<Filter>);
  const named = (all: readonly Filter[]) =>
    Object.fromEntries(actions.map((action, index) => [action, all[index]])) as Filters<A>;
  return filters.some(each => each instanceof Promise)
    ? Promise.all(filters).then(named)
    : named(filters as readonly Filter[]);
}
