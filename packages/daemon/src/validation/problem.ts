/** What is wrong with something that a client sent, in words for it; undefined when nothing is. */
export type Problem = string | undefined;

/** Returns the first problem that a check finds in a list; undefined when it finds none. */
export function firstProblem<E>(elements: readonly E[] | undefined, check: (element: E) => Problem): Problem {
  for (const element of elements ?? []) {
    const problem = check(element);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
