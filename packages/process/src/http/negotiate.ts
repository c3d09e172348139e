import { accepts } from './accept.ts';
import { mediaType } from './media-type.ts';
import { failure } from './reply.ts';
import type { Request } from './request.ts';
import type { Response } from './response.ts';

/** The media type of JSON. */
export const JSON_TYPE = 'application/json';
/** The media type of protobuf. */
export const PROTOBUF_TYPE = 'application/x-protobuf';
/** The media type of a stream of records, which are in JSON or protobuf. */
export const RECORDIO_TYPE = 'application/recordio';

/** The encoding of messages in a request or its response. */
export type MessageType = typeof JSON_TYPE | typeof PROTOBUF_TYPE;

/** The encoding of a body, and whether it is a RecordIO stream of such messages. */
export interface BodyType {
  readonly message: MessageType;
  readonly streaming: boolean;
}

type Headers = Request['headers'];

/** A negotiated type, or the response that refuses the request. */
export type Negotiated<T> = { readonly type: T; readonly refusal?: undefined } | { readonly refusal: Response };

/** Returns the media type of a header. Most clients send it in the normal form. */
function typeOf(header: string): string | undefined {
  return isMessageType(header) ? header : mediaType(header);
}

const isMessageType = (value: string | undefined): value is MessageType =>
  value === JSON_TYPE || value === PROTOBUF_TYPE;

/**
 * Returns the request's Content-Type on the master's v1 endpoints, in any form: `application/json; charset=utf-8`.
 * Mesos takes only the plain form.
 *
 * @see Mesos src/master/http.cpp, Master::Http::scheduler
 */
export function requestType(headers: Headers): Negotiated<MessageType> {
  const given = headers['content-type'];
  if (given === undefined)
    return { refusal: failure('CONTENT_TYPE_MISSING', "Expecting 'Content-Type' to be present") };
  const type = typeOf(given);
  if (isMessageType(type)) return { type };
  return {
    refusal: failure('CONTENT_TYPE_UNSUPPORTED', `Expecting 'Content-Type' of ${JSON_TYPE} or ${PROTOBUF_TYPE}`),
  };
}

/**
 * Returns the request's type on the agent's operator endpoint, which also takes RecordIO streams with
 * `Message-Content-Type`.
 *
 * @see Mesos src/slave/http.cpp, Http::api
 */
export function streamingRequestType(headers: Headers): Negotiated<BodyType> {
  const given = headers['content-type'];
  const messageGiven = header(headers, 'message-content-type');
  if (given === undefined)
    return { refusal: failure('CONTENT_TYPE_MISSING', "Expecting 'Content-Type' to be present") };
  const type = typeOf(given);
  if (type === RECORDIO_TYPE) {
    if (messageGiven === undefined) {
      return {
        refusal: failure('CONTENT_TYPE_MISSING', "Expecting 'Message-Content-Type' to be set for streaming requests"),
      };
    }
    const message = typeOf(messageGiven);
    if (isMessageType(message)) return { type: { message, streaming: true } };
    return {
      refusal: failure(
        'CONTENT_TYPE_UNSUPPORTED',
        `Expecting 'Message-Content-Type' of ${JSON_TYPE} or ${PROTOBUF_TYPE}`,
      ),
    };
  }
  if (!isMessageType(type)) {
    return {
      refusal: failure(
        'CONTENT_TYPE_UNSUPPORTED',
        `Expecting 'Content-Type' of ${JSON_TYPE} or ${PROTOBUF_TYPE} or ${RECORDIO_TYPE}`,
      ),
    };
  }
  if (messageGiven !== undefined) {
    return {
      refusal: failure(
        'CONTENT_TYPE_UNSUPPORTED',
        "Expecting 'Message-Content-Type' to be not set for non-streaming requests",
      ),
    };
  }
  return { type: { message: type, streaming: false } };
}

/** Returns the response's type: JSON when the client takes both, takes anything or sends no `Accept`. */
export function responseType(headers: Headers): Negotiated<MessageType> {
  const accept = headers.accept;
  if (accepts(accept, JSON_TYPE)) return { type: JSON_TYPE };
  if (accepts(accept, PROTOBUF_TYPE)) return { type: PROTOBUF_TYPE };
  // Mesos names protobuf first here, and JSON first for the Content-Type.
  return { refusal: failure('ACCEPT_UNSUPPORTED', `Expecting 'Accept' to allow '${PROTOBUF_TYPE}' or '${JSON_TYPE}'`) };
}

/**
 * Returns the response's type where RecordIO with `Message-Accept` (default JSON) is possible: the agent's operator
 * endpoint.
 */
export function streamingResponseType(headers: Headers): Negotiated<BodyType> {
  const accept = headers.accept;
  const messageAccept = header(headers, 'message-accept');
  const message = [JSON_TYPE, PROTOBUF_TYPE].find(type => accepts(accept, type));
  if (message !== undefined) {
    if (messageAccept !== undefined) {
      return {
        refusal: failure('ACCEPT_UNSUPPORTED', "Expecting 'Message-Accept' to be not set for non-streaming responses"),
      };
    }
    return { type: { message: message as MessageType, streaming: false } };
  }
  if (!accepts(accept, RECORDIO_TYPE)) {
    const allowed = `'${JSON_TYPE}' or '${PROTOBUF_TYPE}' or '${RECORDIO_TYPE}'`;
    return { refusal: failure('ACCEPT_UNSUPPORTED', `Expecting 'Accept' to allow ${allowed}`) };
  }
  if (accepts(messageAccept, JSON_TYPE)) return { type: { message: JSON_TYPE, streaming: true } };
  if (accepts(messageAccept, PROTOBUF_TYPE)) return { type: { message: PROTOBUF_TYPE, streaming: true } };
  return {
    refusal: failure('ACCEPT_UNSUPPORTED', `Expecting 'Message-Accept' to allow '${JSON_TYPE}' or '${PROTOBUF_TYPE}'`),
  };
}

function header(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
