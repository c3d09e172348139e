/** How the rest of a file is asked for after its download broke off, and whether an answer is that rest (RFC 9110). */

/** A header's value, as the HTTP library has it. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The file that a server began to send: it sends the rest of the same one, or says that it has another. */
export interface Resumable {
  /** An entity tag, or the time of the last change. */
  readonly validator: string;
}

/** A change in the same second as the answer could not be seen by its time. */
const clearlyEarlierMs = 1000;

/** Returns how to go on with a file after a part of it; undefined when the server does not offer that. */
export function resumable(headers: Headers): Resumable | undefined {
  if (one(headers, 'accept-ranges')?.toLowerCase() !== 'bytes') return undefined;
  const [tag, changed] = [one(headers, 'etag'), one(headers, 'last-modified')];
  if (tag !== undefined && /^"[^"]*"$/.test(tag)) return { validator: tag }; // a weak one does not mean the same bytes
  const [changedMs, nowMs] = [Date.parse(changed ?? ''), Date.parse(one(headers, 'date') ?? '')];
  return changed !== undefined && nowMs - changedMs >= clearlyEarlierMs ? { validator: changed } : undefined;
}

/** Returns the headers that ask for a file from a byte on. */
export function rangeHeaders({ validator }: Resumable, from: number): Record<string, string> {
  return { range: `bytes=${from}-`, 'if-range': validator };
}

/**
 * Tells what is wrong with an answer to {@link rangeHeaders}.
 *
 * @param from the first byte that was asked for.
 * @param total the size of the whole file, where it is known.
 */
export function rangeProblem(
  answer: { readonly statusCode: number; readonly headers: Headers },
  from: number,
  total: number | undefined,
): string | undefined {
  const { statusCode: status, headers } = answer;
  if (status === 200 || status === 416) return 'the server has another file in its place now';
  if (status !== 206) return `the server answered with status ${status}`;
  const [, first, size] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(one(headers, 'content-range') ?? '') ?? [];
  if (first !== String(from)) return 'the server sent another part than it was asked for';
  if (total !== undefined && size !== '*' && size !== String(total)) return 'the file has another size now';
  return undefined;
}

/** Returns the length of the body that a response announces. */
export function contentLength(headers: Headers): number | undefined {
  const length = one(headers, 'content-length');
  return length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
}

function one(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}
