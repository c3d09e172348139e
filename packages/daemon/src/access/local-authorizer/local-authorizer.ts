/** The local authorizer: answers from `--acls`, at once and without I/O. */
import type { Principal } from '@meseta/process';
import type { AccessControl, Filter } from '../access-control.ts';
import type { AccessObjects, Action } from '../actions.ts';
import { type AclName, aclFields } from './acl-fields.ts';
import type { Acls } from './acls.ts';
import { type Allowance, Allowances } from './allowances.ts';
import { compileMatcher, type Matcher } from './matcher.ts';
import { type Condition, conditions } from './objects.ts';

/** Answers one action for one principal. */
interface Approver<A extends Action> {
  readonly approves: (object: AccessObjects[A]) => boolean;
  /** The filter of views: undefined when everything is approved. The same function every time. */
  readonly filter: Filter<A>;
  /** Something that no rule names is approved. */
  readonly isOpen: boolean;
}

/** What was refused to whom. */
export interface Refusal {
  /** Undefined when there is none. */
  readonly principal: string | undefined;
  readonly action: Action;
  /** The names that rules look at; undefined for no one thing in particular. */
  readonly objects: string | undefined;
}

/** What an operator may want to know of the answers. */
export interface AuthorizerReports {
  /** Receives what was refused, of what was asked one by one. */
  readonly onRefused?: (refusal: Refusal) => void;
  /** Receives what `permissive` alone allows: once for each principal and action, see {@link Allowances}. */
  readonly onAllowance?: (allowance: Allowance) => void;
}

/** How many principals that rules name have approvers ready. Those of others are made again when they come. */
const principalsKept = 256;

const deniesAll: Approver<Action> = { approves: () => false, filter: () => false, isOpen: false };

/**
 * Makes an authorizer of rules. What decides for a principal is compiled at its first question and kept. All
 * principals that no rule names share one.
 */
export function localAuthorizer(
  acls: Acls,
  { onRefused, onAllowance }: AuthorizerReports = {},
): Pick<AccessControl, 'authorize' | 'filter'> {
  const approvers = new Approvers(acls);
  const allowances = acls.permissive && onAllowance ? new Allowances(onAllowance) : undefined;
  const strict = new Approvers({ ...acls, permissive: false }); // what would be answered then
  return {
    authorize(principal, action, object) {
      const answer = approvers.of(principal, action).approves(object);
      const who = principal?.value;
      if (!answer) onRefused?.({ principal: who, action, objects: namesOf(acls, action, object) });
      else if (allowances?.wants(who, action) && !strict.of(principal, action).approves(object))
        allowances.add({ principal: who, action, objects: namesOf(acls, action, object) });
      return answer;
    },
    filter(principal, action) {
      const { filter, isOpen } = approvers.of(principal, action);
      const who = principal?.value;
      if (isOpen && allowances?.wants(who, action) && !strict.of(principal, action).isOpen)
        allowances.add({ principal: who, action, objects: undefined });
      return filter;
    },
  };
}

/**
 * Makes a filter of names: only objects with one of these may be seen. Names are what the rules of the action's field
 * are about: roles, where `a/%` stands for all below `a`, or users.
 */
export function filterByNames<A extends Action>(action: A, names: readonly string[]): NonNullable<Filter<A>> {
  const all: readonly Condition<A>[] = conditions[action];
  const rules = [{ principals: 'ANY', objects: new Set(names) }] as const;
  const checks = all.map(({ field, named }) => {
    const matcher = compileMatcher(rules, undefined, { permissive: false, hierarchical: isOfRoles(field) });
    return (object: AccessObjects[A]) => matcher.allows(named(object));
  });
  return object => checks.every(check => check(object));
}

/** Returns the fields of rules that decide an action. All of them must allow it. */
export function aclsOf(acls: Acls, action: Action): readonly AclName[] {
  return conditionsIn(acls, action).map(({ field }) => field);
}

function namesOf<A extends Action>(acls: Acls, action: A, object: AccessObjects[A]): string | undefined {
  const names = conditionsIn(acls, action).flatMap(({ named }) => named(object) ?? []);
  return names.length === 0 ? undefined : names.join(', ');
}

/** Returns the conditions of an action, as they are with these rules. */
function conditionsIn<A extends Action>({ rules }: Acls, action: A): readonly Condition<A>[] {
  const all: readonly Condition<A>[] = conditions[action];
  return all.map(condition => (rules[condition.field]?.length ? condition : (condition.otherwise ?? condition)));
}

const isOfRoles = (field: AclName) => aclFields[field].kind === 'roles';

class Approvers {
  readonly #acls: Acls;
  /** Principals that a rule names. */
  readonly #named: ReadonlySet<string>;
  /** Of named principals, the one that asked last at the end. */
  readonly #ofNamed = new Map<string, Map<Action, Approver<Action>>>();
  readonly #ofOthers = new Map<Action, Approver<Action>>();
  readonly #ofNobody = new Map<Action, Approver<Action>>();

  constructor(acls: Acls) {
    this.#acls = acls;
    const lists = Object.values(acls.rules).flatMap(rules => rules.map(({ principals }) => principals));
    this.#named = new Set(lists.flatMap(principals => (typeof principals === 'string' ? [] : [...principals])));
  }

  of<A extends Action>(principal: Principal | undefined, action: A): Approver<A> {
    // Rules are about names. What executors may do, whose tokens have none, `withExecutors` says.
    if (principal && principal.value === undefined) return deniesAll;
    const name = principal?.value;
    const known = this.#tableOf(name);
    const ready = known.get(action);
    if (ready) return ready as Approver<A>;
    const made = this.#compile(name, action);
    known.set(action, made as Approver<Action>);
    return made;
  }

  #tableOf(name: string | undefined): Map<Action, Approver<Action>> {
    if (name === undefined) return this.#ofNobody;
    if (!this.#named.has(name)) return this.#ofOthers;
    const ready = this.#ofNamed.get(name);
    // Few principals ask again and again: only when there are many does the order matter.
    if (ready && this.#ofNamed.size < principalsKept) return ready;
    const table = ready ?? new Map<Action, Approver<Action>>();
    this.#ofNamed.delete(name);
    this.#ofNamed.set(name, table);
    for (const oldest of this.#ofNamed.keys()) {
      if (this.#ofNamed.size <= principalsKept) break;
      this.#ofNamed.delete(oldest);
    }
    return table;
  }

  #compile<A extends Action>(principal: string | undefined, action: A): Approver<A> {
    const compiled = conditionsIn(this.#acls, action).map(condition => ({
      ...condition,
      matcher: this.#matcher(condition.field, principal),
    }));
    const [only] = compiled;
    const approves =
      compiled.length === 1 && only
        ? (object: AccessObjects[A]) => only.matcher.allows(only.named(object))
        : (object: AccessObjects[A]) =>
            compiled.every(({ matcher, named, counts }) => counts?.(object) === false || matcher.allows(named(object)));
    return {
      approves,
      filter: compiled.every(({ matcher }) => matcher.allowsAll) ? undefined : approves,
      isOpen: compiled.every(({ matcher }) => matcher.otherwise),
    };
  }

  #matcher(field: AclName, principal: string | undefined): Matcher {
    const { permissive, rules } = this.#acls;
    return compileMatcher(rules[field] ?? [], principal, { permissive, hierarchical: isOfRoles(field) });
  }
}
