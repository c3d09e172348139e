/** Which headers go through the master, from clients to agents and back: those listed here and no others. Pure. */
import type { IncomingHttpHeaders } from 'node:http';
import { ERROR_HEADER, FAILURES, type FailureCode } from '@meseta/process';

/** Headers of requests. Not among them: cookies, credentials, Host, and what is about one connection only. */
const ofRequests = ['accept', 'accept-encoding', 'range'] as const;

/** Headers of answers. */
const ofAnswers = {
  'content-encoding': 'Content-Encoding',
  'content-length': 'Content-Length',
  'content-range': 'Content-Range',
  'meseta-file-id': 'Meseta-File-Id',
  'retry-after': 'Retry-After',
} as const;

/** Content of agents must not act in the name of the master, whose origin it has for a browser. */
const harmless = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
};

/** Returns the headers that a request has for the agent, without those that `Connection` says are not for it. */
export function requestHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const ofConnection = new Set((headers.connection ?? '').split(',').map(name => name.trim().toLowerCase()));
  const passed: Record<string, string> = {};
  for (const name of ofRequests) {
    const value = headers[name];
    if (value !== undefined && !ofConnection.has(name)) passed[name] = value;
  }
  return passed;
}

/** What an answer is, and may be. */
export interface AnswerKind {
  readonly status: number;
  readonly types: readonly string[];
  readonly isAttachment: boolean;
}

/**
 * Returns the headers that the answer of an agent has for the client.
 *
 * @param headers names in lower case.
 */
export function answerHeaders(
  headers: Readonly<Record<string, string>>,
  { status, types, isAttachment }: AnswerKind,
): Record<string, string> {
  const passed: Record<string, string> = { ...harmless, 'Content-Type': contentType(headers['content-type'], types) };
  for (const [name, written] of Object.entries(ofAnswers)) {
    const value = headers[name];
    if (value !== undefined) passed[written] = value;
  }
  const code = headers[ERROR_HEADER.toLowerCase()];
  if (code !== undefined && isCode(code) && FAILURES[code].status === status) passed[ERROR_HEADER] = code;
  if (isAttachment && status < 400) passed['Content-Disposition'] = disposition(headers['content-disposition']);
  return passed;
}

function contentType(given: string | undefined, types: readonly string[]): string {
  const type = given?.split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'text/plain') return 'text/plain; charset=utf-8';
  return type !== undefined && types.includes(type) ? type : 'application/octet-stream';
}

function disposition(given: string | undefined): string {
  return given !== undefined && /^attachment(;|$)/i.test(given) ? given : 'attachment';
}

const isCode = (code: string): code is FailureCode => Object.hasOwn(FAILURES, code);
