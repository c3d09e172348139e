/** What the environment says about TLS cannot be used. The message names the variable, its file, and what is allowed. */
export class TlsError extends Error {
  override readonly name = 'TlsError';
  readonly code = 'TLS_UNUSABLE';
}

/** The other end of a TLS connection is not who it should be. */
export class TlsPeerError extends Error {
  override readonly name = 'TlsPeerError';
  /** OpenSSL's name of the problem, `CERT_HAS_EXPIRED`, or `ERR_TLS_CERT_ALTNAME_INVALID`. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
