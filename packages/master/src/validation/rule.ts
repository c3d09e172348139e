/** The message for a framework about what is wrong; undefined when nothing is. */
export type Problem = string | undefined;

/** A named check. Tables of checks run in order, because the first problem is the one that is reported. */
export type Rule<S> = (subject: S) => Problem;

/** What the first rule says that has something to say. */
export function firstProblem<S>(rules: readonly Rule<S>[], subject: S): Problem {
  for (const rule of rules) {
    const problem = rule(subject);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** The first problem of any element. */
export function problemOfAny<E>(elements: readonly E[] | undefined, rule: Rule<E>): Problem {
  for (const element of elements ?? []) {
    const problem = rule(element);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** A problem with words in front that say where it is. */
export function prefixed(prefix: string, problem: Problem): Problem {
  return problem === undefined ? undefined : prefix + problem;
}
