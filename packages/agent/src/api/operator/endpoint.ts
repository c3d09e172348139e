/** The v1 operator API of the agent, `POST /slave(1)/api/v1`. */
import { answerCall, type DaemonRoute, defersTo, readCall } from '@meseta/daemon';
import {
  type BodyType,
  failure,
  HttpError,
  RECORDIO_TYPE,
  type Request,
  type Response,
  streamingRequestType,
  streamingResponseType,
} from '@meseta/process';
import type { AgentCall } from '@meseta/protocol';
import type { ViewContext } from '../../views/context.ts';
import { operatorApi } from './calls.ts';
import type { OperatorContext } from './context.ts';
import { InputRecords } from './input-records.ts';

const streamsInput: ReadonlySet<string> = new Set(['ATTACH_CONTAINER_INPUT']);
const streamsOutput: ReadonlySet<string> = new Set(['ATTACH_CONTAINER_OUTPUT', 'LAUNCH_NESTED_CONTAINER_SESSION']);

/** Returns the route of the operator API. */
export function operatorRoute(context: ViewContext): DaemonRoute {
  const operatorContext = { ...context, verbosity: context.log.verbosity };
  return {
    path: '/api/v1',
    methods: ['POST'],
    realm: 'mesos-agent-readwrite',
    help: {
      summary: 'The API of operators: one call, one answer, in JSON or protobuf.',
      statuses: {
        200: 'The answer, if the call has one.',
        400: 'The call is malformed or invalid.',
        406: 'No type that `Accept` allows.',
        415: 'Not a `Content-Type` for this call.',
        501: 'The call is not built.',
        503: 'The agent is recovering.',
      },
    },
    does: defersTo('every call names what it asks.', request => handle(operatorContext, request)),
  };
}

/** @see Mesos src/slave/http.cpp, Http::api: the order of its checks */
async function handle(context: OperatorContext, request: Request): Promise<Response> {
  if (context.agent.state === 'RECOVERING') return failure('RECOVERING', 'Agent has not finished recovery');
  const content = streamingRequestType(request.headers);
  if (content.refusal) return content.refusal;
  const accept = streamingResponseType(request.headers);
  if (accept.refusal) return accept.refusal;
  const input = content.type.streaming ? new InputRecords(request.stream()) : undefined;
  try {
    const body = input ? await input.next() : await request.body();
    if (body === undefined) throw new HttpError('BODY_INCOMPLETE', 'Received EOF while reading request body');
    const call = readCall(operatorApi, content.type.message, body);
    const refusal = streamingRefusal(call, content.type, accept.type);
    if (refusal) return refusal;
    context.log.debug('Answering an operator', { call: call.type });
    return await answerCall(operatorApi, { ...context, input }, call, accept.type.message, request);
  } finally {
    input?.drain();
  }
}

function streamingRefusal({ type = 'UNKNOWN' }: AgentCall, content: BodyType, accept: BodyType): Response | undefined {
  if (content.streaming && !streamsInput.has(type)) {
    return failure(
      'CONTENT_TYPE_UNSUPPORTED',
      `Streaming 'Content-Type' ${RECORDIO_TYPE} is not supported for ${type} call`,
    );
  }
  if (!content.streaming && streamsInput.has(type)) {
    return failure('CONTENT_TYPE_UNSUPPORTED', `Expecting 'Content-Type' to be ${RECORDIO_TYPE} for ${type} call`);
  }
  if (accept.streaming && !streamsOutput.has(type)) {
    return failure('ACCEPT_UNSUPPORTED', `Streaming response is not supported for ${type} call`);
  }
  return undefined;
}
