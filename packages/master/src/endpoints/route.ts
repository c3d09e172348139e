/** What the master's classic endpoints have in common. */
import type { Files, Verbosity } from '@meseta/daemon';
import { HttpError, type Request } from '@meseta/process';
import { DecodeError, parseJson } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';

export const readonlyRealm = 'mesos-master-readonly';
export const readwriteRealm = 'mesos-master-readwrite';

/** What the endpoints are about. */
export interface EndpointOptions {
  readonly context: MasterContext;
  readonly files: Files;
  readonly verbosity: Verbosity;
  /** `ParsedFlags.view`: nothing secret is in it. */
  readonly flagsView: () => Record<string, string>;
}

/** A form in a request's body. */
export class Form {
  readonly #values: URLSearchParams;

  private constructor(values: URLSearchParams) {
    this.#values = values;
  }

  static async of(request: Request): Promise<Form> {
    return new Form(new URLSearchParams((await request.body()).toString('utf8')));
  }

  get(name: string): string | undefined {
    return this.#values.get(name) ?? undefined;
  }

  /** @throws {HttpError} 400 when it is missing. */
  need(name: string): string {
    const value = this.get(name);
    if (value === undefined) throw new HttpError(400, `Missing '${name}' query parameter in the request body`);
    return value;
  }
}

/**
 * Reads JSON from a client.
 *
 * @param words what stands before the reason when it is none.
 * @throws {HttpError} 400.
 */
export function readJson<T>(text: string, words: string, read: (value: unknown) => T): T {
  try {
    return read(parseJson(text));
  } catch (cause) {
    if (cause instanceof DecodeError) throw new HttpError(400, words + cause.message, { cause });
    throw cause;
  }
}

/** A list from a client. @throws {DecodeError} when it is none. */
export function list(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new DecodeError('Unexpected JSON type parsed');
}

/** Help for `?jsonp=`. */
export const jsonp = { jsonp: 'Name of a function to wrap the answer into.' };
