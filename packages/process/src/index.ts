export { formatAddress } from './address.ts';
export { networkOf, WrongAttempts } from './guesses/wrong-attempts.ts';
export { accepts, acceptsCoding } from './http/accept.ts';
export { Admission, isFromBrowser, isOwnPage } from './http/admission.ts';
export { HttpAnswerError } from './http/answer-error.ts';
export { type ClientResponse, HttpClient, refusalOf } from './http/client.ts';
export { HttpConnectionError } from './http/connection-error.ts';
export { assertDescriptorLimit } from './http/descriptors.ts';
export { HttpError } from './http/error.ts';
export { EventStream } from './http/event-stream.ts';
export { ERROR_HEADER, FAILURES, type FailureCode, type FailureEntry } from './http/failures.ts';
export { SOCKET_PATH_BYTES } from './http/listening.ts';
export {
  type BodyType,
  JSON_TYPE,
  type MessageType,
  type Negotiated,
  PROTOBUF_TYPE,
  RECORDIO_TYPE,
  requestType,
  responseType,
  streamingRequestType,
  streamingResponseType,
} from './http/negotiate.ts';
export { bytes, empty, failure, json, methodNotAllowed, pieces, text } from './http/reply.ts';
export type { PeerAddress, Principal, Request } from './http/request.ts';
export type { Answer, Handler, Relayed, Response, StreamBody } from './http/response.ts';
export { type Guard, type Route, Router } from './http/router.ts';
export { HttpServer } from './http/server.ts';
export type { HttpServerOptions } from './http/server-options.ts';
export { formatPid, type Pid, parsePid } from './libprocess/pid.ts';
export {
  Libprocess,
  type MessageHandler,
} from './libprocess/transport.ts';
export { admitOwner } from './owners/owner-only.ts';
export { SocketOwners } from './owners/socket-owners.ts';
export type { Report } from './report.ts';
export {
  type ClientInput,
  type ClientOutcome,
  type ClientSession,
  stepClientSession,
} from './sasl/client-session.ts';
export { isRight, newChallenge } from './sasl/cram-md5.ts';
export { FailurePace } from './sasl/failure-pace.ts';
export { type SaslKind, type SaslMessage, saslTypes } from './sasl/messages.ts';
export {
  beginServerSession,
  type ServerEffect,
  type ServerInput,
  type ServerOutcome,
  type ServerSession,
  stepServerSession,
} from './sasl/server-session.ts';
export { TlsError } from './tls/error.ts';
export { daemonTls, defaultScheme, type Tls } from './tls/tls.ts';
