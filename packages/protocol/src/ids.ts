/**
 * Ids. Those that frameworks choose become directory names, so they are checked where they enter and carry a brand
 * from there on: code that builds a path takes only branded ones.
 */

declare const brand: unique symbol;

/** A string that went through `checkId`: safe as one path component. */
export type PathSafe = string & { readonly [brand]: 'PathSafe' };

const maximumLength = 255;

/**
 * Says what is wrong with an id, or nothing.
 *
 * @see Mesos src/common/validation.cpp, validateID
 */
export function idProblem(id: string): string | undefined {
  if (id === '') return 'ID must not be empty';
  // A UTF-16 unit is three bytes at most: ids come by the ten thousand, and hardly any has to be measured.
  if (id.length > maximumLength / 3 && Buffer.byteLength(id) > maximumLength)
    return `ID must not be greater than ${maximumLength} characters`;
  if (id === '.' || id === '..') return `'${id}' is disallowed`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f/\\]/.test(id)) return `'${printable(id)}' contains invalid characters`;
  return undefined;
}

/** @throws {InvalidIdError} when the id cannot be a path component. */
export function checkId(id: string): PathSafe {
  const problem = idProblem(id);
  if (problem !== undefined) throw new InvalidIdError(problem);
  return id as PathSafe;
}

export class InvalidIdError extends Error {
  override readonly name = 'InvalidIdError';
  readonly code = 'INVALID_ID';
}

function printable(id: string): string {
  return JSON.stringify(id).slice(1, -1);
}
