import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tlsAlert } from './tls-alerts.ts';

const failure = (code: string, number?: number) =>
  Object.assign(
    new Error(
      number === undefined ? 'words' : `4053:error:0A:SSL routines:words:file.c:918:SSL alert number ${number}\n`,
    ),
    {
      code,
    },
  );

const refusal = /certificate/;
const cases: [error: unknown, what: RegExp | undefined, refusesCertificate?: boolean][] = [
  [failure('ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE'), refusal, true],
  [failure('ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE'), refusal, true],
  [failure('ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', 42), refusal, true],
  [failure('ERR_SSL_TLS_ALERT_CERTIFICATE_EXPIRED'), /expired/, true],
  [failure('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 116), refusal, true],
  [failure('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 48), /authority/, true],
  [failure('EPROTO', 48), /authority/, true],
  [failure('EPROTO', 70), /no version or cipher/, false],
  [failure('EPROTO', 40), /version or cipher.*certificate/, false],
  [failure('ERR_SSL_TLSV1_UNRECOGNIZED_NAME', 112), /name/, false],
  [failure('ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR'), /failed/, false],
  [new TypeError('fetch failed', { cause: failure('EPROTO', 48) }), /authority/],
  [new AggregateError([failure('EPROTO', 48), failure('EPROTO', 70)]), /authority/],
  [failure('EPROTO'), undefined],
  [failure('EPROTO', 255), undefined],
  [failure('ERR_SSL_WRONG_VERSION_NUMBER'), undefined],
  [failure('ERR_SSL_X_ALERT_toString'), undefined],
  [failure('ECONNRESET', 48), undefined],
  ['text', undefined],
  [undefined, undefined],
];
for (const [error, what, refuses] of cases) {
  test(`${(error as Partial<NodeJS.ErrnoException>)?.code ?? error}: ${what}`, () => {
    const alert = tlsAlert(error);
    if (what === undefined) return assert.equal(alert, undefined);
    assert.match(alert?.what ?? '', what);
    if (refuses !== undefined) assert.equal(alert?.refusesCertificate, refuses);
  });
}
