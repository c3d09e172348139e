import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Admit } from '../owners/owner-only.ts';
import type { Report } from '../report.ts';
import type { Tls } from '../tls/tls.ts';
import type { Admission } from './admission.ts';
import type { HttpLimits } from './limits.ts';
import type { Handler } from './response.ts';

/** Takes requests before routing; true when the request is taken, response and errors included. */
export type Interceptor = (request: IncomingMessage, response: ServerResponse) => boolean;

/** What a server answers with, and within which bounds. */
export interface HttpServerOptions {
  readonly handler: Handler;
  readonly limits?: Partial<HttpLimits>;
  readonly report?: Report;
  /**
   * Paths whose requests with a `Mesos-Stream-Id` are calls to an event stream, which come by the ten thousand: they
   * are answered in short, never with a stream.
   */
  readonly calls?: readonly string[];
  /** For which hosts and pages requests are answered, before anything else looks at them. Default: IP addresses only. */
  readonly admission?: Admission;
  /** Decides about each connection when its first bytes are here; nothing of it is looked at before. Default: all. */
  readonly admit?: Admit;
  /** Keys, certificates and rules of a server that speaks TLS. Default: it does not. */
  readonly tls?: Tls | undefined;
  /**
   * Protocols, as in `Upgrade`, that handlers may change a connection to (`websocket`). Default: none. A request for
   * another protocol is one like any, whose connection ends with the answer.
   */
  readonly upgrades?: readonly string[];
  /** False: Node's HTTP server reads every connection from its first byte. For tests that compare it with front readers. */
  readonly usesFrontReaders?: boolean;
}
