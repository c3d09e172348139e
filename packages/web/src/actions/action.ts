/** What an action of an operator is. The objects that describe actions are in the tables beside this file. */

import type { Detail, ThingTable } from '../feed/messages.ts';
import type { Check } from '../permissions/permissions.ts';
import type { RequestProblem } from '../requests/request.ts';
import type { RoleView } from '../roles/role-view.ts';

/** What the user has filled in, by the name of the field; a box is `yes` or empty. */
export type Values = Readonly<Record<string, string>>;

/** Sentences that say what is wrong, by the name of the field. */
export type Problems = Readonly<Record<string, string>>;

/** One field of the form of an action. */
export interface Field {
  readonly name: string;
  readonly label: string;
  readonly kind: 'text' | 'lines' | 'number' | 'box' | 'choice';
  /** What may be put in. */
  readonly hint?: string;
  /** Default: empty. */
  readonly initial?: string;
  /** What may be chosen. */
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
  /** Fields with the same group are together, with this heading. */
  readonly group?: string;
  /** Shown only once the master has refused with this code. */
  readonly after?: string;
  /** Filled with the principal of the user, as the master demands it of those who have signed in. */
  readonly isPrincipal?: boolean;
}

/** A request that changes something. */
export interface ActionRequest {
  /** `/api/v1`. */
  readonly path: string;
  readonly body: object;
}

/** What can be sent, or why it cannot. */
export type Prepared = { readonly request: ActionRequest } | { readonly problems: Problems };

/** How the page finds out that the cluster is as the action wants it. */
export type Effect =
  | {
      readonly source: 'events';
      readonly table: ThingTable;
      readonly key: string;
      /** Returns a sentence that says what is so now; undefined: not yet. */
      seen(detail: Detail): string | undefined;
    }
  | {
      /** There are no events about it: it is read again. */
      readonly source: 'roles';
      seen(roles: ReadonlyMap<string, RoleView>): string | undefined;
    };

/** An action on a thing of type `T`. All of it is pure. */
export interface Action<T> {
  /** `drain`: unique in its table. */
  readonly name: string;
  /** The words of its button: `Drain`. */
  readonly title: string;
  /** The words of the button that does it. Default: the title. */
  readonly verb?: string;
  /** Returns what `T` is called: `agent web1`. */
  object(of: T): string;
  /** Returns what the authorizer is asked. @param values of the open form. Default: it is not open. */
  check(of: T, values?: Values): Check | undefined;
  /** Returns the part of its state on which the answer to {@link check} depends. Default: none. */
  state?(of: T): string;
  /** Returns a sentence that says why the state of the thing does not permit it; undefined: it does. */
  notNow?(of: T): string | undefined;
  /** Returns sentences that say what happens, and what ends. */
  consequence(of: T, values: Values): string;
  /** Whether {@link consequence} counts tasks: the page knows those only that the user may see. Default: it does not. */
  readonly countsTasks?: boolean;
  /** Returns what must be typed, where the action cannot be undone. */
  typed?(of: T, values: Values): string | undefined;
  fields?(of: T): readonly Field[];
  prepare(of: T, values: Values): Prepared;
  /** Returns the field that a refusal of the master is about; undefined: the whole form. */
  fieldOf?(refusal: RequestProblem, values: Values): string | undefined;
  effect(of: T, values: Values): Effect;
}

/** Returns the part of a check that names a role; nothing where it is no name of one yet: the master says why when it is sent. */
export function aboutRole(typed = ''): { readonly role?: string } {
  const role = typed.trim();
  return /^[^-./\s][^\s]*$/.test(role) && !/\/(\/|$)/.test(role) ? { role } : {};
}

/** Makes a request of a call of the master's operator API. */
export const call = (type: string, of: object): Prepared => ({
  request: { path: '/api/v1', body: { type, [type.toLowerCase()]: of } },
});

/** Returns the values that a form begins with. */
export function initialValues(fields: readonly Field[]): Values {
  return Object.fromEntries(fields.map(({ name, initial = '' }) => [name, initial]));
}
