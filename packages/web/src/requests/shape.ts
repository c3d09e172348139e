/** Whether an answer has the form that pages expect. What has not is no answer: pages keep the one before, and say so. */
import { RequestError } from './request.ts';

/**
 * A form of JSON: a type, `any`, a list of one form, or an object. A name with `?` at its end may be missing; under `*`, all values of the
 * object have the form. What is not named may be anything.
 */
export type Shape = 'string' | 'number' | 'boolean' | 'any' | readonly [Shape] | { readonly [name: string]: Shape };

/**
 * Returns an answer that has a form.
 *
 * @param from what has answered: `The master`.
 * @throws {RequestError} when it has another form; it names where.
 */
export function expectShape<T>(answer: unknown, shape: Shape, from = 'The master'): T {
  const problem = misfit(answer, shape, '');
  if (problem === undefined) return answer as T;
  throw new RequestError(`${from} answered with something else than was asked for: ${problem}.`, {
    code: 'ANSWER_MALFORMED',
  });
}

/** Returns where a value has another form; undefined: nowhere. */
function misfit(value: unknown, shape: Shape, place: string): string | undefined {
  if (shape === 'any') return undefined;
  const where = place === '' ? 'it' : `'${place}'`;
  if (typeof shape === 'string') return typeof value === shape ? undefined : `${where} is no ${shape}`;
  if (isList(shape)) {
    if (!Array.isArray(value)) return `${where} is no list`;
    return firstOf(value.entries(), ([index, each]) => misfit(each, shape[0], `${place}[${index}]`));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${where} is no object`;
  const members = new Map<string, unknown>(Object.entries(value));
  return firstOf(Object.entries(shape), ([name, form]) => {
    const at = (member: string) => (place === '' ? member : `${place}.${member}`);
    if (name === '*') return firstOf(members, ([member, each]) => misfit(each, form, at(member)));
    const member = name.replace(/\?$/, '');
    const each = members.get(member);
    return each === undefined && member !== name ? undefined : misfit(each, form, at(member));
  });
}

const isList = (shape: Shape): shape is readonly [Shape] => Array.isArray(shape);

function firstOf<T>(values: Iterable<T>, problemOf: (value: T) => string | undefined): string | undefined {
  for (const value of values) {
    const problem = problemOf(value);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
