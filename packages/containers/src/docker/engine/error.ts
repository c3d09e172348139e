/**
 * Why a call of the Docker engine failed.
 *
 * - `SOCKET_MISSING`: there is no socket of that name
 * - `PERMISSION`: this user may not connect to the socket
 * - `REFUSED`: nothing listens there
 * - `UNREACHABLE`: unknown host, no route, or no connection in time
 * - `BROKEN`: the connection ended before the answer was complete; the engine may have done what it was asked for
 * - `TIMEOUT`: no answer in time; the engine may still do what it was asked for
 * - `TLS_AUTHORITY`: the engine's certificate is not of the authority in ca.pem
 * - `TLS_HOST_NAME`: the engine's certificate is for another host name
 * - `TLS_CLIENT_CERTIFICATE`: the engine wants a certificate of the agent, or does not trust the one it has
 * - `TLS`: any other problem of TLS, such as an engine that does not speak it
 * - `VERSION`: the engine is too old or too new for this client
 * - `INVALID`: the engine does not accept the request (status 400)
 * - `UNAUTHORIZED`: the engine, or a registry, wants another account
 * - `NOT_FOUND`: no such container, image, network … (status 404)
 * - `CONFLICT`: the name is in use, or the container is in another state (status 409)
 * - `ENGINE`: the engine failed (status 500 and higher), or reported an error in a stream
 * - `UNEXPECTED`: the answer is not that of a Docker engine
 * - `TOO_LARGE`: the answer is larger than is read
 * - `CANCELLED`: the caller's signal was aborted
 * - `CLOSED`: this client was closed
 */
export type EngineErrorCode =
  | 'SOCKET_MISSING'
  | 'PERMISSION'
  | 'REFUSED'
  | 'UNREACHABLE'
  | 'BROKEN'
  | 'TIMEOUT'
  | 'TLS_AUTHORITY'
  | 'TLS_HOST_NAME'
  | 'TLS_CLIENT_CERTIFICATE'
  | 'TLS'
  | 'VERSION'
  | 'INVALID'
  | 'UNAUTHORIZED'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'ENGINE'
  | 'UNEXPECTED'
  | 'TOO_LARGE'
  | 'CANCELLED'
  | 'CLOSED';

/** Problems of an engine that is only away: the same call may succeed later, without a change of the settings. */
const passing: ReadonlySet<EngineErrorCode> = new Set([
  'SOCKET_MISSING',
  'REFUSED',
  'UNREACHABLE',
  'BROKEN',
  'TIMEOUT',
]);

/** What is known of a failure besides its code. */
export interface EngineFailure {
  /** What was attempted, after "could not": `inspect container mesos-1`. */
  readonly action: string;
  /** Where the engine is: `unix:///var/run/docker.sock`. */
  readonly endpoint: string;
  /** A sentence's end: what happened, and what the operator can do. */
  readonly problem: string;
  readonly status?: number | undefined;
  /** What the engine said itself. */
  readonly engineMessage?: string | undefined;
  readonly cause?: unknown;
}

/** A call of the Docker engine failed. The message names the action, the engine and what to do. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: EngineErrorCode;
  readonly action: string;
  readonly endpoint: string;
  /** The HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;
  /** What the engine said itself; undefined when it said nothing. */
  readonly engineMessage: string | undefined;
  readonly #problem: string;

  constructor(code: EngineErrorCode, failure: EngineFailure) {
    const { action, endpoint, problem, status, engineMessage, cause } = failure;
    super(
      `Could not ${action} (Docker engine at ${endpoint}): ${problem}`,
      cause === undefined ? undefined : { cause },
    );
    this.code = code;
    this.action = action;
    this.endpoint = endpoint;
    this.status = status;
    this.engineMessage = engineMessage;
    this.#problem = problem;
  }

  /** Whether the engine is only away: not started, starting, stopped or cut off. */
  get isAway(): boolean {
    return passing.has(this.code);
  }

  /** Whether the engine answered that it does not do it: then nothing was done. */
  get isRefusal(): boolean {
    return this.status !== undefined && this.status >= 400 && this.status < 500;
  }

  /** Returns the same error for another action. */
  of(action: string): EngineError {
    const { code, endpoint, status, engineMessage } = this;
    return new EngineError(code, { action, endpoint, problem: this.#problem, status, engineMessage, cause: this });
  }
}
