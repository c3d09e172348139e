/**
 * A value that is too large to be made at once: every list may be any iterable, so that its elements are made when
 * their turn comes. Elements that are undefined are left out. What `JSON.stringify` takes is one too.
 */
export type Lazily<T> = T extends readonly (infer Element)[]
  ? Iterable<Lazily<Element> | undefined>
  : T extends object
    ? { readonly [Name in keyof T]: Lazily<T[Name]> }
    : T;

/**
 * Encodes a value as JSON text, piece by piece: the members of its outer objects, and lists element by element. An
 * element is one piece, unless it has lists of its own that are no arrays. Send it with `pieces` of the process
 * package.
 */
export function* jsonPieces(value: unknown): Generator<string> {
  if (isIterable(value)) yield* listPieces(value);
  else if (isObject(value)) yield* objectPieces(value, true);
  else yield JSON.stringify(value);
}

/** Handing a piece over costs about as much as making a small one: this many elements go together. */
const elementsPerPiece = 16;

function* listPieces(list: Iterable<unknown>): Generator<string> {
  let text = '';
  let before = '[';
  let elements = 0;
  for (const element of list) {
    if (element === undefined) {
      if (++elements % elementsPerPiece === 0) yield '';
      continue;
    }
    text += before;
    before = ',';
    if (hasLazy(element)) {
      yield text;
      text = '';
      yield* objectPieces(element, false);
    } else {
      text += JSON.stringify(element);
      if (++elements % elementsPerPiece > 0) continue;
      yield text;
      text = '';
    }
  }
  yield before === '[' ? '[]' : `${text}]`;
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

/** Tells whether a value has members that are lists and no arrays. */
export function hasLazy(value: unknown): value is object {
  if (!isObject(value)) return false;
  for (const name in value) if (isLazy(value[name as keyof typeof value])) return true;
  return false;
}

function isLazy(value: unknown): boolean {
  return isIterable(value) && !Array.isArray(value);
}

/**
 * Returns a list that makes each element when it is read.
 *
 * @param items copied now: whatever happens to the collection meanwhile, each of them is listed once.
 * @param view makes an element.
 * @param isSeen tells which items are in the list; also asked when it is read. Of others, the list has `undefined`, which
 *   is not encoded: a reader can pause there, too.
 */
export function listed<T, V>(
  items: Iterable<T>,
  view: (item: T) => V,
  isSeen: (item: T) => boolean = () => true,
): Iterable<V> {
  const fixed = [...items];
  return {
    *[Symbol.iterator]() {
      for (const item of fixed) yield isSeen(item) ? view(item) : (undefined as V);
    },
  };
}
