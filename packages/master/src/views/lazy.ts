/**
 * Values that are encoded in pieces, so that a view of a hundred thousand tasks needs neither one huge string nor one
 * long stretch of the event loop. What is listed is fixed at once; each element is made when its turn comes.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { encode, type Field, type MessageType } from '@meseta/protocol';

/** A list whose elements are made one by one. */
export class Listed {
  readonly #items: readonly unknown[];
  readonly #view: (item: never) => unknown;

  constructor(items: readonly unknown[], view: (item: never) => unknown) {
    this.#items = items;
    this.#view = view;
  }

  *[Symbol.iterator](): Generator<unknown> {
    for (const item of this.#items) yield this.#view(item as never);
  }
}

/**
 * A list of views.
 *
 * @param items copied now: whatever happens to the collection, each of them is listed once.
 * @param view makes the element, plain or lazy; called once for each, in order.
 */
export function listed<T>(items: Iterable<T>, view: (item: T) => unknown): Listed {
  return new Listed([...items], view);
}

/** An object of which some values are lazy. Fields that are undefined are left out. */
export class Lazy {
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(fields: Readonly<Record<string, unknown>>) {
    this.fields = fields;
  }
}

/** An object of which some values are lazy. */
export function lazy(fields: Readonly<Record<string, unknown>>): Lazy {
  return new Lazy(fields);
}

/** How many plain elements of a list go into one piece of text. */
const elementsPerPiece = 16;

/** The JSON text of a value, lazy or plain. Always valid: what no JSON can say (NaN, lone surrogates) is replaced. */
export function* jsonPieces(value: unknown): Generator<string> {
  if (value instanceof Listed) yield* listPieces(value);
  else if (value instanceof Lazy) yield* objectPieces(value);
  else yield JSON.stringify(value) ?? 'null';
}

function* listPieces(list: Listed): Generator<string> {
  let text = '[';
  let separator = '';
  let elements = 0;
  for (const element of list) {
    text += separator;
    separator = ',';
    if (element instanceof Lazy) {
      yield text;
      text = '';
      yield* objectPieces(element);
      continue;
    }
    text += JSON.stringify(element) ?? 'null';
    if (++elements % elementsPerPiece === 0) {
      yield text;
      text = '';
    }
  }
  yield `${text}]`;
}

function* objectPieces({ fields }: Lazy): Generator<string> {
  let text = '{';
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    text += `${text === '{' ? '' : ','}${JSON.stringify(name)}:`;
    if (value instanceof Listed || value instanceof Lazy) {
      yield text;
      // Anything but the opening brace: the next field needs its comma.
      text = '';
      yield* jsonPieces(value);
    } else {
      text += JSON.stringify(value) ?? 'null';
    }
  }
  yield `${text}}`;
}

/**
 * The protobuf encoding of a lazy message, appended to `out`. Yields after each element of a list, for the caller to
 * pause. The same lazy value has the same meaning here and in {@link jsonPieces}.
 *
 * @throws {EncodeError}
 */
export function* protobufPieces(type: MessageType<unknown>, message: Lazy, out: Buffer[]): Generator<undefined> {
  for (const field of type.fields) {
    const value = message.fields[field.name];
    if (value === undefined) continue;
    if (value instanceof Listed) {
      for (const element of value) {
        yield* fieldPieces(type, field, element, out);
        yield;
      }
    } else {
      yield* fieldPieces(type, field, value, out);
    }
  }
}

function* fieldPieces(type: MessageType<unknown>, field: Field, value: unknown, out: Buffer[]): Generator<undefined> {
  if (!(value instanceof Lazy)) {
    const repeated = field.label === 'repeated' && !Array.isArray(value);
    out.push(encode({ ...named(type), fields: [field] }, { [field.name]: repeated ? [value] : value }));
    return;
  }
  const body: Buffer[] = [];
  yield* protobufPieces(field.message as MessageType<unknown>, value, body);
  const length = body.reduce((sum, { length }) => sum + length, 0);
  out.push(Buffer.concat([varint(field.number * 8 + 2), varint(length)]), ...body);
}

/** Of a type whose fields are getters only these are needed to encode a single field. */
function named({ fullName, name, byNumber, byName }: MessageType<unknown>): MessageType<unknown> {
  return { fullName, name, byNumber, byName, fields: [], required: [] };
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Buffer.from([...bytes, rest]);
}

/** How long work may go on before others get their turn. */
const sliceMs = 5;

/** Runs a generator to its end, giving the event loop its turns. @returns what it yielded, undefined left out. */
export async function gather<T>(work: Iterable<T | undefined>): Promise<T[]> {
  const results: T[] = [];
  let sliceEnd = performance.now() + sliceMs;
  for (const result of work) {
    if (result !== undefined) results.push(result);
    if (performance.now() < sliceEnd) continue;
    await nextTurn();
    sliceEnd = performance.now() + sliceMs;
  }
  return results;
}
