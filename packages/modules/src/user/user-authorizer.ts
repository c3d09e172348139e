/** Makes a module of a user the authorizer of a daemon: questions go to its thread, and what is no answer is a no. */
import { type AccessControl, type Action, type Filter, filterByNames } from '@meseta/daemon';
import type { Principal } from '@meseta/process';
import { ConcurrencyLimit } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';
import { ModuleError } from '../errors.ts';
import type { Seen } from './module-authorizer.ts';
import type { ModuleHost } from './module-host.ts';

/** How many questions are with the module at a time. The others wait here, where they take little memory. */
const mostAsked = 256;
/** How many questions may wait. Further ones are answered with no. */
const mostWaiting = 100_000;
/** How often refusals without an answer are logged, in milliseconds: a module that fails does so with every question. */
const logIntervalMs = 1000;

/**
 * Makes an authorizer of a module. A call that fails, takes too long or returns something else counts as a no and is
 * logged.
 *
 * @throws {ModuleError} when the module cannot be asked.
 */
export function userAuthorizer(host: ModuleHost, log: Logger): Pick<AccessControl, 'authorize' | 'filter'> {
  if (!host.has('authorized')) {
    throw new ModuleError('MODULE_FAILED', `Authorizer module '${host.name}' has no method 'authorized'`);
  }
  const limit = new ConcurrencyLimit(mostAsked);
  const refused = refusalLog(host.name, log);
  let waiting = 0;
  const ask = async <T>(method: string, action: Action, request: object, read: (answer: unknown) => T | undefined) => {
    if (waiting >= mostWaiting) return refused('too many questions wait for the authorizer module', { action });
    waiting += 1;
    try {
      const answer = read(await limit.run(() => host.call(method, [request])));
      return answer ?? refused(`the authorizer module did not return what '${method}' must`, { action });
    } catch (error) {
      return refused('the authorizer module did not answer', { action, error });
    } finally {
      waiting -= 1;
    }
  };
  return {
    async authorize(subject, action, object) {
      const request = { ...(subject && { subject }), action, object };
      return (await ask('authorized', action, request, asBoolean)) ?? false;
    },
    async filter<A extends Action>(subject: Principal | undefined, action: A): Promise<Filter<A>> {
      if (!host.has('seen')) return seesNothing;
      const request = { ...(subject && { subject }), action };
      const seen = (await ask('seen', action, request, asSeen)) ?? false;
      if (typeof seen === 'boolean') return seen ? undefined : seesNothing;
      return filterByNames(action, seen.values);
    },
  };
}

/** Returns the function that logs why a question has no answer. Most of many at a time are only counted. */
function refusalLog(module: string, log: Logger): (why: string, about: object) => undefined {
  let loggedAt = Number.NEGATIVE_INFINITY;
  let refusals = 0;
  return (why, about) => {
    refusals += 1;
    const now = performance.now();
    if (now - loggedAt < logIntervalMs) return undefined;
    log.warning(`Refused: ${why}`, { module, ...about, ...(refusals > 1 && { refusals }) });
    loggedAt = now;
    refusals = 0;
    return undefined;
  };
}

const seesNothing = () => false;

function asBoolean(answer: unknown): boolean | undefined {
  return typeof answer === 'boolean' ? answer : undefined;
}

function asSeen(answer: unknown): Seen | undefined {
  if (typeof answer === 'boolean') return answer;
  const { values } = (answer ?? {}) as { readonly values?: unknown };
  return Array.isArray(values) && values.every(each => typeof each === 'string') ? { values } : undefined;
}
