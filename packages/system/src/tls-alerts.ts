/** Explains the alerts of TLS: what the other end of a connection says when it ends a handshake. Pure. */

/** What an alert says, and what a user can do. */
interface TlsAlert {
  /** Follows the name of the peer: `asks for a certificate that it trusts`. */
  readonly what: string;
  /** Completes `to mend it, …`: `use the same version`. */
  readonly help: string;
  /** The peer refuses the certificate of this machine. */
  readonly refusesCertificate: boolean;
}

const giveCertificate =
  'for daemons of a cluster, name its files in LIBPROCESS_SSL_CERT_FILE and LIBPROCESS_SSL_KEY_FILE';
const agree = 'allow the same versions and ciphers of TLS on both sides';
const readLog = 'look into its log';

function ofCertificate(what: string, help = giveCertificate): TlsAlert {
  return { what, help, refusesCertificate: true };
}

function ofProtocol(what: string, help: string): TlsAlert {
  return { what, help, refusesCertificate: false };
}

const wanted = ofCertificate('asks for a certificate that it trusts');
const broken = ofProtocol('could not read what this machine sent in TLS', 'look for a proxy in between, or try again');
const nothingInCommon = ofProtocol('and this machine have no version or cipher of TLS in common', agree);
const handshakeFailure = ofProtocol(
  'and this machine have no version or cipher of TLS in common, or it asks for a certificate',
  `${agree}; ${giveCertificate}`,
);

/** By the names of RFC 8446 and the versions before it. */
const alerts: Readonly<Record<string, TlsAlert>> = {
  BAD_CERTIFICATE: wanted,
  CERTIFICATE_REQUIRED: wanted,
  NO_CERTIFICATE: wanted,
  CERTIFICATE_UNKNOWN: ofCertificate('does not accept the certificate of this machine'),
  UNSUPPORTED_CERTIFICATE: ofCertificate(
    'cannot use the certificate of this machine',
    'make one for clients too, with a kind of key that it knows',
  ),
  CERTIFICATE_EXPIRED: ofCertificate(
    'says that the certificate of this machine has expired, or is not valid yet',
    'renew it, or check the clocks of both machines',
  ),
  CERTIFICATE_REVOKED: ofCertificate('says that the certificate of this machine was revoked', 'use another one'),
  UNKNOWN_CA: ofCertificate(
    'does not know the authority of the certificate of this machine',
    'use a certificate of an authority that it trusts; daemons of a cluster name theirs in LIBPROCESS_SSL_CA_FILE',
  ),
  ACCESS_DENIED: ofCertificate('does not let the owner of this certificate in', 'use another one'),
  HANDSHAKE_FAILURE: handshakeFailure,
  PROTOCOL_VERSION: nothingInCommon,
  INSUFFICIENT_SECURITY: nothingInCommon,
  INAPPROPRIATE_FALLBACK: nothingInCommon,
  EXPORT_RESTRICTION: nothingInCommon,
  NO_APPLICATION_PROTOCOL: ofProtocol('does not speak HTTP over TLS as this machine does', 'check the port'),
  UNRECOGNIZED_NAME: ofProtocol('has no certificate for this name', 'use a name that it has a certificate for'),
  NO_RENEGOTIATION: ofProtocol('refuses to negotiate again on a connection', 'connect again'),
  USER_CANCELLED: ofProtocol('cancelled the connection', 'try again'),
  INTERNAL_ERROR: ofProtocol('failed while it set up TLS', readLog),
  BAD_RECORD_MAC: broken,
  DECODE_ERROR: broken,
  DECOMPRESSION_FAILURE: broken,
  DECRYPTION_FAILED: broken,
  DECRYPT_ERROR: broken,
  ILLEGAL_PARAMETER: broken,
  MISSING_EXTENSION: broken,
  RECORD_OVERFLOW: broken,
  UNEXPECTED_MESSAGE: broken,
  UNSUPPORTED_EXTENSION: broken,
};

/** The names by the numbers that are sent. */
const names: Readonly<Record<string, string>> = {
  10: 'UNEXPECTED_MESSAGE',
  20: 'BAD_RECORD_MAC',
  21: 'DECRYPTION_FAILED',
  22: 'RECORD_OVERFLOW',
  30: 'DECOMPRESSION_FAILURE',
  40: 'HANDSHAKE_FAILURE',
  41: 'NO_CERTIFICATE',
  42: 'BAD_CERTIFICATE',
  43: 'UNSUPPORTED_CERTIFICATE',
  44: 'CERTIFICATE_REVOKED',
  45: 'CERTIFICATE_EXPIRED',
  46: 'CERTIFICATE_UNKNOWN',
  47: 'ILLEGAL_PARAMETER',
  48: 'UNKNOWN_CA',
  49: 'ACCESS_DENIED',
  50: 'DECODE_ERROR',
  51: 'DECRYPT_ERROR',
  60: 'EXPORT_RESTRICTION',
  70: 'PROTOCOL_VERSION',
  71: 'INSUFFICIENT_SECURITY',
  80: 'INTERNAL_ERROR',
  86: 'INAPPROPRIATE_FALLBACK',
  90: 'USER_CANCELLED',
  100: 'NO_RENEGOTIATION',
  109: 'MISSING_EXTENSION',
  110: 'UNSUPPORTED_EXTENSION',
  112: 'UNRECOGNIZED_NAME',
  116: 'CERTIFICATE_REQUIRED',
  120: 'NO_APPLICATION_PROTOCOL',
};

/**
 * Explains an alert of the other end.
 *
 * The code of an error names the alert, `ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE`; what OpenSSL puts before the name depends on its
 * version. An alert during the handshake of TLS 1.2 is an `EPROTO`, with the number in its message only.
 *
 * @param error of a socket, or one that it caused; of several, the first counts.
 * @returns undefined when it is no alert that is known.
 */
export function tlsAlert(error: unknown): TlsAlert | undefined {
  const { code, message, errors, cause } = (error ?? {}) as Partial<AggregateError> & { readonly code?: unknown };
  if (typeof code !== 'string') {
    const inner = errors?.[0] ?? cause;
    return inner === undefined || inner === error ? undefined : tlsAlert(inner);
  }
  if (code !== 'EPROTO' && !code.startsWith('ERR_SSL_')) return undefined;
  const number = /\bSSL alert number (\d{1,3})\b/.exec(message ?? '')?.[1] ?? '';
  const name = names[number] ?? /^ERR_SSL_(?:SSL\/TLS|[A-Z\d]+)_(?:ALERT_)?(\w+)$/.exec(code)?.[1] ?? '';
  return Object.hasOwn(alerts, name) ? alerts[name] : undefined;
}
