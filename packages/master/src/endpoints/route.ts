/** What the master's classic endpoints have in common. */
import type { Realm } from '@meseta/daemon';
import { HttpError, type Request } from '@meseta/process';
import { DecodeError, fromJson, type MessageType, parseJson, textOf } from '@meseta/protocol';

/** Realm of endpoints that only show something. */
export const readonlyRealm = 'mesos-master-readonly' satisfies Realm;
/** Realm of endpoints that change something. */
export const readwriteRealm = 'mesos-master-readwrite' satisfies Realm;

/** A form in a request's body. */
export class Form {
  readonly #values: URLSearchParams;

  private constructor(values: URLSearchParams) {
    this.#values = values;
  }

  static async of(request: Request): Promise<Form> {
    return new Form(new URLSearchParams(await bodyText(request)));
  }

  get(name: string): string | undefined {
    return this.#values.get(name) ?? undefined;
  }

  /** @throws {HttpError} 400 when it is missing. */
  need(name: string): string {
    const value = this.get(name);
    if (value === undefined)
      throw new HttpError('PARAMETER_MISSING', `Missing '${name}' query parameter in the request body`);
    return value;
  }
}

/**
 * Returns a request's body.
 *
 * @param mostBytes how large it may be: a large one holds up the master while it is parsed.
 * @throws {HttpError} 413 when it is larger.
 */
export async function boundedBody(request: Request, mostBytes: number): Promise<Buffer> {
  const body = await request.body();
  if (body.length <= mostBytes) return body;
  throw new HttpError('BODY_TOO_LARGE', `The body has ${body.length} bytes, and ${mostBytes} are allowed`);
}

/**
 * Returns the text of a request's body.
 *
 * @param mostBytes how large it may be. Default: as large as the server takes any.
 * @throws {HttpError} 400 when it is not UTF-8, 413 when it is too large.
 */
export async function bodyText(request: Request, mostBytes = Number.POSITIVE_INFINITY): Promise<string> {
  const body = await boundedBody(request, mostBytes);
  return orRefuse('Failed to read the request body: ', () => textOf(body));
}

/**
 * Reads JSON from a client.
 *
 * @param words what stands before the reason when it cannot be read.
 * @throws {HttpError} 400.
 */
export function readJson<T>(text: string, words: string, read: (value: unknown) => T): T {
  return orRefuse(words, () => read(parseJson(text)));
}

/** Runs a decoder. An error of its input becomes a 400 response that starts with these words. */
export function orRefuse<T>(words: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof DecodeError) throw new HttpError('BODY_MALFORMED', words + cause.message, { cause });
    throw cause;
  }
}

/** Reads a list from a client. @throws {DecodeError} when it is none. */
export function list(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new DecodeError('Unexpected JSON type parsed, expecting a list');
}

/** Reads the messages of a list from a client. @throws {DecodeError} naming the one that is wrong, and what in it. */
export function messages<T>(type: MessageType<T>, values: readonly unknown[]): T[] {
  return values.map((value, index) => fromJson(type, value, `[${index}]`));
}

/** Help for `?jsonp=`. */
export const jsonp = { jsonp: 'Name of a function to wrap the answer into.' };
