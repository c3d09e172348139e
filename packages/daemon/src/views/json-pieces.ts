/**
 * A value that is too large to be made at once: every list may be any iterable, so that its elements are made when
 * their turn comes. What `JSON.stringify` takes is one too.
 */
export type Lazily<T> = T extends readonly (infer Element)[]
  ? Iterable<Element>
  : T extends object
    ? { readonly [Name in keyof T]: Lazily<T[Name]> }
    : T;

/**
 * JSON text of such a value, piece by piece: the members of its outer objects, and lists element by element. An
 * element is one piece, unless it has lists of its own that are no arrays. Send it with `pieces` of the process package.
 */
export function* jsonPieces(value: unknown): Generator<string> {
  if (isIterable(value)) yield* listPieces(value);
  else if (isObject(value)) yield* objectPieces(value, true);
  else yield JSON.stringify(value);
}

function* listPieces(list: Iterable<unknown>): Generator<string> {
  let before = '[';
  for (const element of list) {
    if (isObject(element) && Object.values(element).some(isLazy)) {
      yield before;
      yield* objectPieces(element, false);
    } else yield `${before}${JSON.stringify(element)}`;
    before = ',';
  }
  yield before === '[' ? '[]' : ']';
}

function* objectPieces(value: object, outer: boolean): Generator<string> {
  let before = '{';
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const key = `${before}${JSON.stringify(name)}:`;
    if (isLazy(member) || (outer && typeof member === 'object' && member !== null)) {
      yield key;
      yield* isIterable(member) ? listPieces(member) : objectPieces(member, outer);
    } else yield `${key}${JSON.stringify(member)}`;
    before = ',';
  }
  yield before === '{' ? '{}' : '}';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return isObject(value) && Symbol.iterator in value;
}

function isLazy(value: unknown): boolean {
  return isIterable(value) && !Array.isArray(value);
}
