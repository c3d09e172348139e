import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpAnswerError, HttpConnectionError, TlsError } from '@meseta/process';
import { DecodeError } from '@meseta/protocol';
import { ErrorEventError, RedirectError, SchedulerError, StreamError } from './errors.ts';
import { verdictOf, verdictOfCall } from './verdict.ts';

const master = 'http://10.0.0.1:5050';
const answer = (status: number, message = '', reason?: string) => new HttpAnswerError(status, message, { reason });

const verdicts: [failure: unknown, verdict: string, origin?: string][] = [
  [new RedirectError(master, '//10.0.0.2:5050/api/v1/scheduler'), 'redirect http://10.0.0.2:5050'],
  [new RedirectError(master, 'https://leader/api/v1/scheduler'), 'redirect https://leader'],
  [new RedirectError('https://a', 'http://b/api'), 'retry', 'https://a'],
  [new RedirectError(master, 'ftp://b/'), 'retry'],
  [new RedirectError(master, 'http://'), 'retry'],
  [new RedirectError(master, undefined), 'retry'],
  [new HttpConnectionError(master, new Error('x')), 'retry'],
  [new DecodeError('torn'), 'retry'],
  [new StreamError('silent'), 'retry'],
  ['no error at all', 'retry'],
  ...[404, 408, 429, 500, 502, 503, 504].map((status): [unknown, string] => [answer(status), 'retry']),
  [answer(400, 'Invalid role'), 'fatal SUBSCRIPTION_REFUSED Invalid role'],
  [answer(401), 'fatal UNAUTHENTICATED The master answered 401'],
  [answer(403, 'no'), 'fatal UNAUTHORIZED no'],
  [answer(415, 'type'), 'fatal SUBSCRIPTION_REFUSED type'],
  [new ErrorEventError('Framework has been removed'), 'fatal FRAMEWORK_REMOVED Framework has been removed'],
  [new ErrorEventError('Framework failed over'), 'fatal FRAMEWORK_FAILED_OVER Framework failed over'],
  [new ErrorEventError("Not authorized to use role 'x'"), "fatal UNAUTHORIZED Not authorized to use role 'x'"],
  [new ErrorEventError('FrameworkInfo.user is empty'), 'fatal SUBSCRIPTION_REFUSED FrameworkInfo.user is empty'],
  [new TlsError('no key'), 'fatal TLS_UNUSABLE no key'],
  [new SchedulerError('CALL_REFUSED', 'no'), 'fatal CALL_REFUSED no'],
];
for (const [failure, expected, origin = master] of verdicts) {
  test(`subscription: ${failure}${failure instanceof HttpAnswerError ? failure.status : ''} is ${expected}`, () => {
    const verdict = verdictOf(failure, origin);
    const error = verdict.kind === 'fatal' ? (verdict.error as SchedulerError) : undefined;
    const words = [verdict.kind, verdict.kind === 'redirect' && verdict.origin, error?.code, error?.message];
    assert.equal(words.filter(Boolean).join(' '), expected);
  });
}

const calls: [failure: unknown, verdict: string][] = [
  [answer(400, 'Failed to validate scheduler::Call: Expecting …', 'CALL_INVALID'), 'CALL_REFUSED'],
  [answer(401), 'UNAUTHENTICATED'],
  [answer(403, 'Principal may not'), 'UNAUTHORIZED'],
  // Meseta's codes, and Mesos's texts
  [answer(400, 'x', 'STREAM_ID_OUTDATED'), 'over'],
  [answer(403, 'x', 'FRAMEWORK_NOT_SUBSCRIBED'), 'over'],
  [answer(400, "The stream ID 'a' included in this request didn't match the stream ID currently …"), 'over'],
  [answer(400, 'Framework cannot be found'), 'over'],
  [answer(403, 'Framework is not subscribed'), 'over'],
  [answer(503, 'Master has not finished recovery'), 'broken'],
  [new RedirectError(master, '//other'), 'broken'],
  [new HttpConnectionError(master, new Error('x')), 'broken'],
];
for (const [failure, expected] of calls) {
  test(`call: ${failure} is ${expected}`, () => {
    const verdict = verdictOfCall(failure);
    assert.equal(typeof verdict === 'string' ? verdict : verdict.code, expected);
  });
}
