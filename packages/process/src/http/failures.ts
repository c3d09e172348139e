/** The table of all error codes of the HTTP interface. */
import { containerFailures } from './container-failures.ts';
import { operatorFailures } from './operator-failures.ts';
import { proxyFailures } from './proxy-failures.ts';

/** One entry of {@link FAILURES}. */
export interface FailureEntry {
  readonly status: number;
  /** What happened, as a sentence. */
  readonly meaning: string;
  /** What the client or the operator can do, as a sentence. */
  readonly action: string;
}

/**
 * The meaning of each error code. A code has one status, so where Apache Mesos uses several statuses, there are several
 * codes. Codes are part of the interface: add some, but do not rename any.
 */
export const FAILURES = {
  // Made by the HTTP server, before anything looks at the path.
  REQUEST_MALFORMED: {
    status: 400,
    meaning: 'The bytes are no HTTP request.',
    action: 'Repair the client, or find out what changes bytes on the way.',
  },
  REQUEST_AMBIGUOUS: {
    status: 400,
    meaning: 'It is ambiguous where the request ends or for which host it is, or its version of HTTP is not spoken.',
    action: 'Send HTTP/1.1 with one Host and either Content-Length or "Transfer-Encoding: chunked".',
  },
  METHOD_UNKNOWN: {
    status: 501,
    meaning: 'There is no such HTTP method.',
    action: 'Use a method that the endpoint names in its help.',
  },
  TLS_REQUIRED: {
    status: 400,
    meaning: 'The port speaks TLS, and the connection does not.',
    action: 'Use `https://`.',
  },
  CERTIFICATE_REFUSED: {
    status: 403,
    meaning: 'The daemon requires certificates of clients, and the client has none, or one that is not trusted.',
    action: 'Use a certificate that an authority of the daemon has signed; the message says what is wrong.',
  },
  PATH_MALFORMED: {
    status: 400,
    meaning: 'The path does not begin with a slash, or is not percent-encoded UTF-8.',
    action: 'Send an absolute path, percent-encoded.',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    meaning: 'Request line and headers are longer than the limit.',
    action: 'Send less in headers and query; large data belongs into the body.',
  },
  CHUNK_EXTENSIONS_TOO_LARGE: {
    status: 413,
    meaning: 'The extensions of the chunks of the body are longer than the limit.',
    action: 'Send chunks without extensions.',
  },
  EXPECTATION_UNKNOWN: {
    status: 417,
    meaning: 'The header Expect asks for something that is not known.',
    action: 'Send "Expect: 100-continue" or nothing.',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    meaning: 'The head of the request, or the next piece of its body, did not come in time.',
    action: 'Look at the network between client and daemon; send the request without pauses.',
  },
  HOST_MALFORMED: {
    status: 400,
    meaning: 'The host that the request is for is no host name and no IP address.',
    action: 'Repair the header Host.',
  },
  HOST_UNKNOWN: {
    status: 403,
    meaning: 'The daemon is not known by the host name that the request is for.',
    action: 'Use its IP address or one of its names, or start it with `--allowed_hosts`.',
  },
  OWNER_ONLY: {
    status: 403,
    meaning: 'The daemon belongs to a private cluster of another user.',
    action: 'Run the command as that user, or start a cluster for all.',
  },
  SOCKET_OF_EXECUTORS: {
    status: 403,
    meaning: 'The path is not served over the Unix socket of executors.',
    action: "Use the agent's port, or one of the paths that the message names.",
  },
  SERVER_BUSY: {
    status: 503,
    meaning: 'The daemon receives too many large requests at once.',
    action: 'Try again later.',
  },
  INTERNAL_ERROR: {
    status: 500,
    meaning: 'The daemon failed at the request; its log says how.',
    action: 'Look into the log of the daemon, and report it.',
  },

  // Found out from the request and its route, before the endpoint sees it.
  ENDPOINT_DISABLED: {
    status: 403,
    meaning: 'The endpoint is disabled.',
    action: 'Take it out of `--firewall_rules`.',
  },
  ORIGIN_FOREIGN: {
    status: 403,
    meaning: 'A web page of another origin sent the request.',
    action: 'Start the daemon with `--allowed_origins` if that page may use it.',
  },
  ORIGIN_MISSING: {
    status: 403,
    meaning: 'A browser sent a request that may change something, without saying of which page it is.',
    action: 'Send Origin, or the body as JSON.',
  },
  AUTHENTICATION_REQUIRED: {
    status: 401,
    meaning: 'The request must say who sends it, and prove it.',
    action: 'Send credentials of the realm that WWW-Authenticate names.',
  },
  AUTHENTICATION_TOO_MANY_FAILURES: {
    status: 429,
    meaning: 'Many requests with wrong credentials came from the address of this request, which was not looked at.',
    action: 'Find out which client there has wrong credentials. Try again after the time of Retry-After.',
  },
  PRINCIPAL_TOO_LONG: {
    status: 400,
    meaning: 'The principal and its claims do not fit into the cookie of the web UI.',
    action: 'Let the authenticator give it fewer claims, and send its credentials with each request until then.',
  },
  NOT_AUTHORIZED: {
    status: 403,
    meaning: 'The principal of the request may not do this, or see this.',
    action: 'Ask an operator for the permission, or send the request as another principal.',
  },
  ROUTE_NOT_FOUND: {
    status: 404,
    meaning: 'There is no such endpoint.',
    action: 'Look for it in `/help`.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    meaning: 'The endpoint does not answer this method.',
    action: 'Use a method that the header Allow names.',
  },
  POST_REQUIRED: {
    status: 403,
    meaning: 'A browser asked by GET for something that changes the daemon.',
    action: 'Send it by POST.',
  },

  // What is wrong with the content of a request.
  BODY_TOO_LARGE: {
    status: 413,
    meaning: 'The body is larger than the limit, as it came or unpacked.',
    action: 'Send less at once.',
  },
  BODY_ENCODING_UNSUPPORTED: {
    status: 415,
    meaning: 'The header Content-Encoding names a compression that is not known.',
    action: 'Send the body as gzip, deflate or plain.',
  },
  BODY_INCOMPLETE: {
    status: 400,
    meaning: 'The body ended too early or cannot be unpacked.',
    action: 'Send the whole body, in the compression that Content-Encoding names.',
  },
  BODY_MALFORMED: {
    status: 400,
    meaning: 'The body is not what its Content-Type says, or not of the form that the endpoint expects.',
    action: 'Repair what the answer quotes.',
  },
  CONTENT_TYPE_MISSING: {
    status: 400,
    meaning: 'The request does not say of which type its body is.',
    action: 'Send Content-Type (and Message-Content-Type for a RecordIO stream).',
  },
  CONTENT_TYPE_UNSUPPORTED: {
    status: 415,
    meaning: 'The endpoint, or the call, does not take a body of this type.',
    action: 'Send one of the types that the answer names.',
  },
  ACCEPT_UNSUPPORTED: {
    status: 406,
    meaning: 'The header Accept allows no type that the answer can have.',
    action: 'Allow one of the types that the answer names.',
  },
  PARAMETER_MISSING: {
    status: 400,
    meaning: 'A parameter of the query or the form is missing.',
    action: 'Add the parameter that the answer names.',
  },
  PARAMETER_INVALID: {
    status: 400,
    meaning: 'A parameter of the query, the form or the path has a value that it cannot have.',
    action: 'Repair the parameter that the answer names.',
  },
  FIELD_INVALID: {
    status: 400,
    meaning: 'A field of the JSON is missing, not known, or has a value that it cannot have.',
    action: 'Repair the field that the answer begins with.',
  },
  CALL_INVALID: {
    status: 400,
    meaning: 'The call can be read but breaks a rule.',
    action: 'Repair the field that the answer names.',
  },
  CALL_NOT_BUILT: {
    status: 501,
    meaning: 'There is no such call, or this release does not have it.',
    action: 'See the release notes for what is built.',
  },

  // Frameworks and executors.
  FRAMEWORK_NOT_FOUND: {
    status: 400,
    meaning: 'There is no framework with this id.',
    action: 'Check the id; a framework that was removed has to subscribe with a new one.',
  },
  FRAMEWORK_UNKNOWN: {
    status: 404,
    meaning: 'There is no framework with this id, or it may not be seen.',
    action: 'Look at the list of frameworks.',
  },
  FRAMEWORK_NOT_SUBSCRIBED: {
    status: 403,
    meaning: 'The framework has no event stream, or its scheduler is connected as a driver.',
    action: 'Subscribe first, and make calls for as long as the stream is open.',
  },
  STREAM_ID_MISSING: {
    status: 400,
    meaning: 'A call after SUBSCRIBE has no Mesos-Stream-Id.',
    action: 'Send the Mesos-Stream-Id that the answer to SUBSCRIBE had.',
  },
  STREAM_ID_UNEXPECTED: {
    status: 400,
    meaning: 'SUBSCRIBE has a Mesos-Stream-Id.',
    action: 'Send SUBSCRIBE without it.',
  },
  RATE_EXCEEDED: {
    status: 429,
    meaning: 'As many calls of frameworks with this principal wait already as --rate_limits allows.',
    action: 'Send fewer calls; each waits until the ones before it are handled. Or ask an operator for a higher limit.',
  },
  STREAM_ID_OUTDATED: {
    status: 400,
    meaning: 'The Mesos-Stream-Id is not that of the present event stream of the framework.',
    action: 'Another scheduler, or another connection, subscribed after this one: end it, or subscribe again.',
  },
  PRINCIPAL_WITHOUT_VALUE: {
    status: 403,
    meaning: 'The authenticated principal has claims and no value, which frameworks need.',
    action: 'Authenticate as a principal with a value.',
  },
  PRINCIPAL_MISMATCH: {
    status: 400,
    meaning: 'The authenticated principal is not the one in the FrameworkInfo.',
    action: 'Authenticate as the principal of the framework.',
  },
  EXECUTOR_NOT_FOUND: {
    status: 400,
    meaning: 'The agent has no such executor.',
    action: 'End the executor: the agent does not count on it.',
  },
  EXECUTOR_NOT_SUBSCRIBED: {
    status: 403,
    meaning: 'The executor made a call before it subscribed over HTTP.',
    action: 'Subscribe first.',
  },
  EXECUTOR_TOO_FAST: {
    status: 503,
    meaning: 'The executor sends more data than its framework or the master takes; this call is dropped.',
    action: 'Send it again later, and less at a time.',
  },
  TOKEN_OF_OTHER_EXECUTOR: {
    status: 403,
    meaning: 'The token does not belong to the executor that the call names, or to an earlier run of it.',
    action: 'Send the token that the agent gave this executor in MESOS_EXECUTOR_AUTHENTICATION_TOKEN.',
  },
  EXECUTOR_OF_OTHER_USER: {
    status: 403,
    meaning: 'The executor runs as another user than the process that speaks for it.',
    action: 'Call from the process that the agent started.',
  },

  // Operators.
  ...operatorFailures,
  ...proxyFailures,
  ...containerFailures,

  // Shared endpoints.
  FILE_PATH_INVALID: {
    status: 400,
    meaning: 'The path is not inside what is shown, or names a directory where a file is needed.',
    action: 'Browse the directory for what there is.',
  },
  FILE_NOT_FOUND: {
    status: 404,
    meaning: 'There is no such file here.',
    action: 'Browse the directory; the sandbox may have been removed.',
  },
  FILE_UNREADABLE: {
    status: 500,
    meaning: 'The daemon could not read the file.',
    action: 'Look at its permissions and at the disk.',
  },
  RANGE_UNSATISFIABLE: {
    status: 416,
    meaning: 'The file has none of the bytes that Range asks for.',
    action: 'Take the size from Content-Range.',
  },
  HELP_NOT_FOUND: {
    status: 400,
    meaning: 'There is no help about this path.',
    action: 'Look at `/help` for what there is.',
  },
  PROFILER_DISABLED: {
    status: 400,
    meaning: 'The profiler is not enabled.',
    action: 'Start the daemon with NODE_OPTIONS=--cpu-prof.',
  },

  // Leadership and recovery.
  NO_LEADER: {
    status: 503,
    meaning: 'No master leads at the moment.',
    action: 'Try again; if it lasts, look at the masters and at ZooKeeper.',
  },
  RECOVERING: {
    status: 503,
    meaning: 'The daemon reads what it has on disk, after a start or an election.',
    action: 'Try again in a moment.',
  },

  // Libprocess messages.
  SENDER_MALFORMED: {
    status: 400,
    meaning: 'A libprocess message names a sender that is no pid.',
    action: 'Repair Libprocess-From, or User-Agent: `actor@ip:port`.',
  },
  MESSAGE_UNKNOWN: {
    status: 404,
    meaning: 'The process has no such actor, or the actor does not take such a message.',
    action: 'Check actor and name; an actor that has ended has no messages any more.',
  },
} as const satisfies Readonly<Record<string, FailureEntry>>;

/** A code of the table. */
export type FailureCode = keyof typeof FAILURES;

/** The statuses of failures with these codes. */
export type FailureStatus<C extends FailureCode = FailureCode> = (typeof FAILURES)[C]['status'];

/** The header that carries the code of every failure, whatever its body is. */
export const ERROR_HEADER = 'Meseta-Error';
