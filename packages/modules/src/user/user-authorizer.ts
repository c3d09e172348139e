/** Makes a module of a user the authorizer of a daemon: questions go to its thread, and what is no answer is a no. */
import { type AccessControl, type Action, type Filter, filterByNames } from '@meseta/daemon';
import type { Principal } from '@meseta/process';
import type { Logger } from '@meseta/telemetry';
import { ModuleError } from '../errors.ts';
import type { Seen } from './module-authorizer.ts';
import type { ModuleHost } from './module-host.ts';

/** How many questions may wait for a module. Further ones are answered with no. */
const mostWaiting = 10_000;

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
  let waiting = 0;
  const ask = async <T>(method: string, action: Action, request: object, read: (answer: unknown) => T | undefined) => {
    const about = { module: host.name, action };
    if (waiting >= mostWaiting) {
      log.warning('Refused without asking: too many questions wait for the authorizer module', about);
      return undefined;
    }
    waiting += 1;
    try {
      const answer = read(await host.call(method, [request]));
      if (answer === undefined)
        log.warning(`Refused: the authorizer module did not return what '${method}' must`, about);
      return answer;
    } catch (error) {
      log.warning('Refused: the authorizer module did not answer', { ...about, error });
      return undefined;
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

const seesNothing = () => false;

function asBoolean(answer: unknown): boolean | undefined {
  return typeof answer === 'boolean' ? answer : undefined;
}

function asSeen(answer: unknown): Seen | undefined {
  if (typeof answer === 'boolean') return answer;
  const { values } = (answer ?? {}) as { readonly values?: unknown };
  return Array.isArray(values) && values.every(each => typeof each === 'string') ? { values } : undefined;
}
