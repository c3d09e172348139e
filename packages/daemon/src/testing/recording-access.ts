/** An access control for tests: it writes down what it is asked, and refuses what the test says. */
import { failure } from '@meseta/process';
import { type AccessControl, type Filter, openAccess } from '../access/access-control.ts';
import type { Action } from '../access/actions.ts';

/** See {@link recordingAccess}. */
export interface RecordingAccess extends AccessControl {
  /** What was asked since the start or the last `clear`: `TEARDOWN_FRAMEWORK`, `filter VIEW_TASK`, `realm mesos-master-readonly`. */
  readonly asked: readonly string[];
  clear(): void;
  /** What is answered with no, from now on. Others get a yes. */
  refuse(refuses: (action: Action, object: unknown) => boolean): void;
  /** Requests of this realm are answered with 401. */
  refuseRealm(realm: string | undefined): void;
}

/** @param options.wait answers of `authorize` come after this; without it they are there at once. */
export function recordingAccess(options: { wait?: () => Promise<void> } = {}): RecordingAccess {
  const asked: string[] = [];
  let refuses: (action: Action, object: unknown) => boolean = () => false;
  let closed: string | undefined;
  return {
    ...openAccess,
    asked,
    clear: () => void asked.splice(0),
    refuse(next) {
      refuses = next;
    },
    refuseRealm(realm) {
      closed = realm;
    },
    authenticate(_, realm) {
      asked.push(`realm ${realm}`);
      return realm === closed ? { refusal: failure('AUTHENTICATION_REQUIRED') } : {};
    },
    authorize(_, action, object) {
      asked.push(action);
      const answer = !refuses(action, object);
      return options.wait ? options.wait().then(() => answer) : answer;
    },
    filter(_, action) {
      asked.push(`filter ${action}`);
      return (object => !refuses(action, object)) as Filter<typeof action>;
    },
  };
}
