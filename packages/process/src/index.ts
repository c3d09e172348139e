export { formatAddress } from './address.ts';
export { accepts } from './http/accept.ts';
export { Admission, type AdmissionOptions, isFromBrowser, type Refusal, type RequestHead } from './http/admission.ts';
export { type ClientOptions, type ClientResponse, HttpClient } from './http/client.ts';
export { HttpConnectionError } from './http/connection-error.ts';
export { assertDescriptorLimit, DescriptorLimitError } from './http/descriptors.ts';
export { HttpError } from './http/error.ts';
export { type CloseReason, EventStream } from './http/event-stream.ts';
export type { HttpLimits } from './http/limits.ts';
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
export { bytes, empty, json, methodNotAllowed, pieces, text } from './http/reply.ts';
export type { PeerAddress, Principal, Request } from './http/request.ts';
export type { Handler, Piece, Response, StreamBody } from './http/response.ts';
export { type Guard, type Route, type RouteHelp, Router } from './http/router.ts';
export { HttpServer, type HttpServerOptions, type Interceptor, type Report } from './http/server.ts';
export type { ConnectionLimits } from './libprocess/connection.ts';
export { formatPid, type Pid, parsePid, samePid } from './libprocess/pid.ts';
export {
  Libprocess,
  type LibprocessCounters,
  type LibprocessOptions,
  type MessageHandler,
} from './libprocess/transport.ts';
export { admitOwner, type OwnerOnly } from './owners/owner-only.ts';
export { SocketOwners, SocketTableError } from './owners/socket-owners.ts';
