import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Report } from '../report.ts';
import type { Admission, Refusal } from './admission.ts';
import { expectationOf } from './expectation.ts';
import { framingProblem, mayHaveBody } from './framing.ts';
import { peerOf } from './request.ts';
import { parseTarget } from './target.ts';

// The number of different refusals that are logged while a server runs.
const LOGGED = 100;

/**
 * Checks every request of a server before all other code.
 *
 * Hosts and pages are checked here and not by a guard of the router, because not all requests of a page get to a
 * router: libprocess takes its messages before (a form can look like one), and calls to an event stream are cut out of
 * the connection by the same rule. A guard would be too late for both, and for paths without a route. Also, a refused
 * client would be answered with `100 Continue`, or its body would be awaited.
 */
export class Gate {
  readonly #admission: Admission;
  readonly #report: Report;
  readonly #reported = new Set<string>();

  constructor(admission: Admission, report: Report) {
    this.#admission = admission;
    this.#report = report;
  }

  /**
   * Returns why a request is refused; undefined when it is allowed, and then a client that waits for `100 Continue`
   * gets it. The request's target becomes a path, whatever form it had. Where the end of the request is not certain,
   * the response ends the connection.
   */
  refusal(request: IncomingMessage, response: ServerResponse): Refusal | undefined {
    const ambiguous = framingProblem(request);
    // Node.js drops received data after a request to change the protocol.
    if (ambiguous !== undefined || request.headers.upgrade !== undefined) response.shouldKeepAlive = false;
    if (ambiguous !== undefined) return { code: 'REQUEST_AMBIGUOUS', message: ambiguous };
    const expectation = expectationOf(request);
    const refusal = this.#admissionRefusal(request) ?? unmet(expectation);
    if (expectation === undefined) return refusal;
    if (refusal === undefined) response.writeContinue();
    // A client that waits sends its body after the refusal, or never; Node ends such a connection, too.
    else if (expectation === 'continue' || mayHaveBody(request)) response.shouldKeepAlive = false;
    return refusal;
  }

  #admissionRefusal(request: IncomingMessage): Refusal | undefined {
    const { method = 'GET', headers } = request;
    const { url, authority = headers.host } = parseTarget(request.url ?? '/');
    request.url = url;
    const refusal = this.#admission.refusal({ method, url, authority, headers });
    if (refusal) this.#tell(refusal.message, request);
    return refusal;
  }

  /** Logs each refusal once: a refused client may repeat requests, and may be a hostile page with many names. */
  #tell(message: string, { socket }: IncomingMessage): void {
    if (this.#reported.has(message) || this.#reported.size >= LOGGED) return;
    this.#reported.add(message);
    this.#report('warn', `Refused a request from ${peerOf(socket).address}: ${message}`);
  }
}

function unmet(expectation: ReturnType<typeof expectationOf>): Refusal | undefined {
  if (expectation !== 'unknown') return undefined;
  return { code: 'EXPECTATION_UNKNOWN', message: "The only supported 'Expect' is '100-continue'" };
}
