import type { Entity, Rule } from './acls.ts';
import type { Named } from './objects.ts';

const below = '/%';

/** Answers for one principal and one field. */
export interface Matcher {
  /** Tells whether an object is allowed. */
  allows(named: Named): boolean;
  /** True when every object that has a name, or none in particular, is allowed. */
  readonly allowsAll: boolean;
  /** The answer for objects that no rule names. */
  readonly otherwise: boolean;
}

/** An answer, with the number of the rule that gave it. */
interface Answer {
  readonly rule: number;
  readonly allowed: boolean;
}

/**
 * Compiles the rules of a field for one principal.
 *
 * As in Mesos, the first rule decides whose principals and objects both match. NONE matches everything and denies it.
 * Without a principal, and for objects without a name, only ANY and NONE match.
 *
 * @param principal undefined: none was proven.
 * @param options.permissive the answer when no rule matches.
 * @param options.hierarchical whether objects are roles, where `a/%` stands for all roles below `a`.
 * @see Mesos src/authorizer/local/authorizer.cpp, matches() and allows()
 */
export function compileMatcher(
  rules: readonly Rule[],
  principal: string | undefined,
  { permissive, hierarchical }: { readonly permissive: boolean; readonly hierarchical: boolean },
): Matcher {
  const exact = new Map<string, Answer>();
  const subtrees = new Map<string, Answer>();
  let otherwise = permissive;
  for (const [rule, { principals, objects }] of rules.entries()) {
    if (!matches(principals, principal)) continue;
    const allowed = principals !== 'NONE';
    if (typeof objects === 'string') {
      // It matches every object, so that no later rule is looked at.
      otherwise = allowed && objects === 'ANY';
      break;
    }
    for (const value of objects) {
      const isSubtree = hierarchical && value.endsWith(below);
      const answers = isSubtree ? subtrees : exact;
      const key = isSubtree ? value.slice(0, -below.length) : value;
      if (!answers.has(key)) answers.set(key, { rule, allowed });
    }
  }
  const longest = [...subtrees.keys()].reduce((most, { length }) => Math.max(most, length), -1);
  const one = (name: string) => earliest(exact.get(name), subtrees, longest, name)?.allowed ?? otherwise;
  const isAllowed = ({ allowed }: Answer) => allowed;
  return {
    otherwise,
    allowsAll: otherwise && [...exact.values(), ...subtrees.values()].every(isAllowed),
    allows(named) {
      if (named === undefined) return otherwise;
      if (typeof named === 'string') return one(named);
      // Without any name there is nothing that a rule could match.
      return named.length === 0 ? permissive : named.every(one);
    },
  };
}

/** Tells whether a rule is about a principal. */
function matches(principals: Entity, principal: string | undefined): boolean {
  return typeof principals === 'string' || (principal !== undefined && principals.has(principal));
}

/**
 * Returns the answer of the earliest rule: for the name itself, or for all roles below one of those above it.
 *
 * @param longest of the roles in `subtrees`: names may be much longer, since they are not valid roles yet.
 */
function earliest(
  own: Answer | undefined,
  subtrees: ReadonlyMap<string, Answer>,
  longest: number,
  name: string,
): Answer | undefined {
  let found = own;
  if (longest < 0) return found;
  for (let end = name.lastIndexOf('/', longest); end >= 0; end = end === 0 ? -1 : name.lastIndexOf('/', end - 1)) {
    const answer = subtrees.get(name.slice(0, end));
    if (answer && (found === undefined || answer.rule < found.rule)) found = answer;
  }
  return found;
}
