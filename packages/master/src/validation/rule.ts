/** The message for a framework about what is wrong; undefined when nothing is. */
export type Problem = string | undefined;

/** A named check. Tables of checks run in order, because the first problem is the one that is reported. */
export type Rule<S> = (subject: S) => Problem;

/** Returns the problem of the first rule that finds one; undefined when no rule does. */
export function firstProblem<S>(rules: readonly Rule<S>[], subject: S): Problem {
  for (const rule of rules) {
    const problem = rule(subject);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Returns the first problem that a rule finds in a list; undefined when it finds none. */
export function problemOfAny<E>(elements: readonly E[] | undefined, rule: Rule<E>): Problem {
  for (const element of elements ?? []) {
    const problem = rule(element);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Puts words that say where a problem is in front of it. */
export function prefixed(prefix: string, problem: Problem): Problem {
  return problem === undefined ? undefined : prefix + problem;
}
