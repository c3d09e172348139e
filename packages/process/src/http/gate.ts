import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Admission, Refusal } from './admission.ts';
import { expectationOf } from './expectation.ts';
import { framingProblem, mayHaveBody } from './framing.ts';
import type { Report } from './server-options.ts';
import { parseTarget } from './target.ts';

// Different refusals that are worth a log line, in the life of a server.
const TOLD = 100;

/**
 * Looks at every request of a server before anything else does.
 *
 * The check of hosts and pages is here and no guard of the router, because not all that a page can send gets to a
 * router: libprocess takes its messages before (a form can be made to look like one), and calls to an event stream are
 * cut out of the connection by the same rule. A guard would come too late for both, and for paths without a route, and
 * would let a body be waited for, or `100 Continue` be answered, for somebody who is refused.
 */
export class Gate {
  readonly #admission: Admission;
  readonly #report: Report;
  readonly #told = new Set<string>();

  constructor(admission: Admission, report: Report) {
    this.#admission = admission;
    this.#report = report;
  }

  /**
   * Why a request is not answered; undefined when it is, and then a client that waits for `100 Continue` gets it. The
   * request's target is a path from now on, whichever form it came in. Where what follows cannot be told apart from the
   * request, the response is made to end the connection.
   */
  refusal(request: IncomingMessage, response: ServerResponse): Refusal | undefined {
    const ambiguous = framingProblem(request);
    // Node drops what has come already behind a request to change the protocol.
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

  /** Says each thing once: who cannot get in may try for ever, and may be a hostile page with many names. */
  #tell(message: string, { socket }: IncomingMessage): void {
    if (this.#told.has(message) || this.#told.size >= TOLD) return;
    this.#told.add(message);
    this.#report('warn', `Refused a request from ${socket.remoteAddress}: ${message}`);
  }
}

function unmet(expectation: ReturnType<typeof expectationOf>): Refusal | undefined {
  if (expectation !== 'unknown') return undefined;
  return { code: 'EXPECTATION_UNKNOWN', message: "The only 'Expect' that is met here is '100-continue'" };
}
