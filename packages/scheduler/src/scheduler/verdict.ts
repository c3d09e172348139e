/** Decides what follows from a failure: whether it is final, or trying again can help. */
import { HttpAnswerError, TlsError } from '@meseta/process';
import { ErrorEventError, RedirectError, SchedulerError, type SchedulerErrorCode } from './errors.ts';

/** What follows from a failed subscription. */
export type Verdict =
  | { readonly kind: 'redirect'; readonly origin: string; readonly cause: Error }
  | { readonly kind: 'retry'; readonly cause: Error }
  | { readonly kind: 'fatal'; readonly error: Error };

/**
 * Statuses that say nothing about the framework: the master is not ready, does not lead, or something before it fails.
 * Mesos answers 404 while it starts.
 */
const passing: ReadonlySet<number> = new Set([404, 408, 421, 425, 429]);
const isPassing = (status: number) => passing.has(status) || status >= 500;

/** Codes of final statuses. */
const codeOfStatus: Readonly<Record<number, SchedulerErrorCode>> = { 401: 'UNAUTHENTICATED', 403: 'UNAUTHORIZED' };

/** Codes of ERROR events by their texts: there is nothing else that tells them apart. Texts are those of Mesos. */
const codesOfText: readonly (readonly [pattern: RegExp, code: SchedulerErrorCode])[] = [
  [/has been removed|Framework (?:has )?completed/i, 'FRAMEWORK_REMOVED'],
  [/failed over/i, 'FRAMEWORK_FAILED_OVER'],
  [/not authorized|unauthorized|authorization/i, 'UNAUTHORIZED'],
];

/**
 * Judges why a subscription was not made, or has ended.
 *
 * @param origin of the master that it was about.
 */
export function verdictOf(failure: unknown, origin: string): Verdict {
  const cause = failure instanceof Error ? failure : new Error(String(failure));
  if (failure instanceof RedirectError) return verdictOfRedirect(failure, origin);
  if (failure instanceof SchedulerError) return { kind: 'fatal', error: failure };
  if (failure instanceof ErrorEventError) {
    const code = codesOfText.find(([pattern]) => pattern.test(failure.message))?.[1] ?? 'SUBSCRIPTION_REFUSED';
    return { kind: 'fatal', error: new SchedulerError(code, failure.message, { cause }) };
  }
  if (failure instanceof TlsError) {
    return { kind: 'fatal', error: new SchedulerError('TLS_UNUSABLE', failure.message, { cause }) };
  }
  if (failure instanceof HttpAnswerError && !isPassing(failure.status)) {
    const code = codeOfStatus[failure.status] ?? 'SUBSCRIPTION_REFUSED';
    const message = failure.message.trim() || `The master answered ${failure.status}`;
    return { kind: 'fatal', error: new SchedulerError(code, message, { cause }) };
  }
  return { kind: 'retry', cause };
}

function verdictOfRedirect(failure: RedirectError, origin: string): Verdict {
  const target = failure.location === undefined ? null : URL.parse(failure.location, origin);
  const isWeb = target?.protocol === 'http:' || target?.protocol === 'https:';
  // A credential that is meant for TLS must not follow to where it can be read.
  const isWeaker = target?.protocol === 'http:' && origin.startsWith('https:');
  if (!target || !isWeb || isWeaker) return { kind: 'retry', cause: failure };
  return { kind: 'redirect', origin: target.origin, cause: failure };
}

/** Answers to a call which mean that the subscription is over. Codes are those of Meseta, texts those of Mesos. */
const overCodes: ReadonlySet<string> = new Set([
  'FRAMEWORK_NOT_FOUND',
  'FRAMEWORK_NOT_SUBSCRIBED',
  'STREAM_ID_OUTDATED',
]);
const overTexts = /^(Framework cannot be found|Framework is not |The stream ID )/;

/**
 * Judges a failed call.
 *
 * @returns the error for the caller when the master refused the call; `over` when it says that the subscription is over, and
 *   has ended the stream with or without a reason; `broken` when the subscription is of no use any longer.
 */
export function verdictOfCall(failure: unknown): SchedulerError | 'over' | 'broken' {
  if (!(failure instanceof HttpAnswerError)) return 'broken';
  const { status, reason, message } = failure;
  if (overCodes.has(reason ?? '') || overTexts.test(message)) return 'over';
  if (isPassing(status)) return 'broken';
  const code = codeOfStatus[status] ?? 'CALL_REFUSED';
  return new SchedulerError(code, message.trim() || `The master answered ${status}`, { cause: failure });
}
