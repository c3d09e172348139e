import { getSystemErrorMessage } from 'node:util';
import { redactUrl } from '@meseta/telemetry';
import { FetchError, noRoom } from './fetch-error.ts';

/** The maximum length of a failure in a task's status; the sandbox's stderr has all of it. */
const shortLength = 200;
const shortUriLength = 80;

/** A URI was not fetched. The message has the URI and the reason, on one line. */
export class UriFailure extends Error {
  override readonly name = 'UriFailure';
  readonly #uri: string;
  readonly #reason: string;

  /** @param uri as the framework wrote it. */
  constructor(uri: string, cause: unknown) {
    const [shown, reason] = [shownUri(uri), reasonOf(cause)];
    super(`${shown}: ${reason}`, { cause });
    this.#uri = shown;
    this.#reason = reason;
  }

  /** The message in at most 200 characters: a long URI is cut in the middle. */
  get inShort(): string {
    const uri = cutInside(this.#uri, shortUriLength);
    return `${uri}: ${cut(this.#reason, shortLength - uri.length - 2)}`;
  }
}

/** Returns a URI for messages: without user and password, on one line. */
export function shownUri(uri: string): string {
  return onOneLine(redactUrl(uri.trim())) || "''";
}

/** Returns the reason of an error: for errors of the system without paths, for those of several addresses the first. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  const { errno, code, message } = error as NodeJS.ErrnoException;
  if (error instanceof FetchError) return onOneLine(message);
  if (code === 'ENOSPC' || code === 'EDQUOT') return noRoom(code, error).message;
  if (typeof errno === 'number' && errno < 0) return `${code}: ${getSystemErrorMessage(errno)}`;
  return onOneLine(message);
}

/** Shortens a text to a number of characters. An ellipsis marks what is left out. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).trimEnd()}…`.toWellFormed();
}

/** Returns a text of at most `length` characters, of which the middle is left out. */
export function cutInside(text: string, length: number): string {
  if (text.length <= length) return text;
  const half = Math.floor((length - 1) / 2);
  return `${text.slice(0, half)}…${text.slice(-half)}`.toWellFormed();
}

function onOneLine(text: string): string {
  const escaped = (character: string) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return text.replace(/[\u0000-\u001f\u007f]/g, escaped);
}
