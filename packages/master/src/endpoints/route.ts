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

/** Returns the text of a request's body. @throws {HttpError} 400 when it is not UTF-8. */
export async function bodyText(request: Request): Promise<string> {
  const body = await request.body();
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
