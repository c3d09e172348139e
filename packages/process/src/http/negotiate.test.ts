import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepts, acceptsGzip } from './accept.ts';
import {
  type Negotiated,
  requestType,
  responseType,
  streamingRequestType,
  streamingResponseType,
} from './negotiate.ts';

const show = ({ type, refusal }: Negotiated<unknown> & { type?: unknown }): unknown =>
  refusal ? `${refusal.status} ${refusal.body}` : type;

const JSON_TEXT = { message: 'application/json', streaming: false };
const PROTOBUF_STREAM = { message: 'application/x-protobuf', streaming: true };

// The refusals of requestType and responseType are recorded from Apache Mesos 1.12.
const cases: {
  of: (headers: Record<string, string>) => Negotiated<unknown>;
  headers: Record<string, string>;
  is: unknown;
}[] = [
  { of: requestType, headers: { 'content-type': 'application/json' }, is: 'application/json' },
  { of: requestType, headers: { 'content-type': 'application/x-protobuf' }, is: 'application/x-protobuf' },
  { of: requestType, headers: {}, is: "400 Expecting 'Content-Type' to be present" },
  {
    of: requestType,
    headers: { 'content-type': 'text/plain' },
    is: "415 Expecting 'Content-Type' of application/json or application/x-protobuf",
  },
  {
    of: requestType,
    headers: { 'content-type': 'application/json; charset=latin1' },
    is: "415 Expecting 'Content-Type' of application/json or application/x-protobuf",
  },
  ...[
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json ; Charset="utf8"',
    'Application/JSON',
    ' application/json\t',
    'application/json;',
    'application/json; v=1; a="x;,\\"y"',
  ].map(type => ({ of: requestType, headers: { 'content-type': type }, is: 'application/json' })),
  ...[
    'application/json, text/plain',
    'application/json charset=utf-8',
    'application/json; charset',
    'application/json;;=',
    'application/jsonp',
    'application',
    '',
    'application/json; a="',
  ].map(type => ({
    of: requestType,
    headers: { 'content-type': type },
    is: "415 Expecting 'Content-Type' of application/json or application/x-protobuf",
  })),
  { of: requestType, headers: { 'content-type': 'application/x-protobuf; v=1' }, is: 'application/x-protobuf' },
  {
    of: streamingRequestType,
    headers: {
      'content-type': 'Application/RecordIO; a=b',
      'message-content-type': 'APPLICATION/x-protobuf; charset=utf-8',
    },
    is: PROTOBUF_STREAM,
  },
  { of: streamingRequestType, headers: { 'content-type': 'application/json;charset=utf-8' }, is: JSON_TEXT },
  { of: responseType, headers: { accept: 'Application/X-Protobuf; charset=utf-8' }, is: 'application/x-protobuf' },
  {
    of: responseType,
    headers: { accept: 'text/x;a="b, application/json;q=0", APPLICATION/*' },
    is: 'application/json',
  },
  { of: responseType, headers: {}, is: 'application/json' },
  { of: responseType, headers: { accept: '*/*' }, is: 'application/json' },
  { of: responseType, headers: { accept: 'application/x-protobuf, application/json' }, is: 'application/json' },
  { of: responseType, headers: { accept: 'application/x-protobuf' }, is: 'application/x-protobuf' },
  { of: responseType, headers: { accept: 'application/json;q=0, application/*' }, is: 'application/x-protobuf' },
  {
    of: responseType,
    headers: { accept: 'text/plain' },
    is: "406 Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'",
  },
  { of: streamingRequestType, headers: { 'content-type': 'application/json' }, is: JSON_TEXT },
  {
    of: streamingRequestType,
    headers: { 'content-type': 'application/recordio', 'message-content-type': 'application/x-protobuf' },
    is: PROTOBUF_STREAM,
  },
  {
    of: streamingRequestType,
    headers: { 'content-type': 'application/recordio' },
    is: "400 Expecting 'Message-Content-Type' to be set for streaming requests",
  },
  {
    of: streamingRequestType,
    headers: { 'content-type': 'application/recordio', 'message-content-type': 'text/plain' },
    is: "415 Expecting 'Message-Content-Type' of application/json or application/x-protobuf",
  },
  {
    of: streamingRequestType,
    headers: { 'content-type': 'application/json', 'message-content-type': 'application/json' },
    is: "415 Expecting 'Message-Content-Type' to be not set for non-streaming requests",
  },
  { of: streamingResponseType, headers: { accept: 'application/recordio, application/json' }, is: JSON_TEXT },
  {
    of: streamingResponseType,
    headers: { accept: 'application/recordio' },
    is: { message: 'application/json', streaming: true },
  },
  {
    of: streamingResponseType,
    headers: { accept: 'application/recordio', 'message-accept': 'application/x-protobuf' },
    is: PROTOBUF_STREAM,
  },
  {
    of: streamingResponseType,
    headers: { accept: 'application/json', 'message-accept': 'application/json' },
    is: "406 Expecting 'Message-Accept' to be not set for non-streaming responses",
  },
];
for (const { of, headers, is } of cases) {
  test(`${of.name} ${JSON.stringify(headers)}`, () => assert.deepEqual(show(of(headers)), is));
}

test('accept headers', () => {
  assert.ok(accepts('text/html, APPLICATION/JSON;q=0.1', 'application/json'));
  assert.ok(!accepts('application/json;q=0, */*', 'application/json'));
  assert.ok(accepts('application/json ; charset=utf-8 ; Q=0.5', 'application/json'));
  assert.ok(!accepts('application/json; a="\\";q=1"; q=0', 'application/json'));
  assert.ok(acceptsGzip('deflate, gzip;q=0.5') && acceptsGzip('*'));
  assert.ok(!acceptsGzip(undefined) && !acceptsGzip('gzip;q=0, *') && !acceptsGzip('br'));
});
