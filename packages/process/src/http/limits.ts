/** The limits of what a client may use. */
export interface HttpLimits {
  /** Bytes of a request's line and headers. */
  readonly headerBytes: number;
  /** From a request's first byte to the end of its headers. */
  readonly headersMs: number;
  /** Bytes of a request body, as received and as unpacked. */
  readonly bodyBytes: number;
  /** Bytes of all request bodies being received; beyond it 503. */
  readonly bodiesBytes: number;
  /** Longest pause within a request body. */
  readonly bodyIdleMs: number;
  /** How long a client may not read a response. */
  readonly stallMs: number;
  /** How long a connection may be idle between requests. Connections of libprocess peers have no limit. */
  readonly keepAliveMs: number;
  /** Connections beyond this are closed at once. */
  readonly connections: number;
  /** File descriptors of the process. Connections are closed at once when nearly all are in use. */
  readonly descriptors: number;
}

/** The default limits. The number of file descriptors is that of the system. */
export const LIMITS: Omit<HttpLimits, 'descriptors'> = {
  headerBytes: 32 * 1024,
  headersMs: 10_000,
  bodyBytes: 64 * 1024 * 1024,
  bodiesBytes: 512 * 1024 * 1024,
  bodyIdleMs: 30_000,
  stallMs: 30_000,
  keepAliveMs: 600_000,
  connections: 100_000,
};
