import { type DaemonRoute, defersTo, settled } from '@meseta/daemon';
import {
  empty,
  failure,
  JSON_TYPE,
  type MessageType,
  type Request,
  type Response,
  requestType,
  responseType,
} from '@meseta/process';
import { DecodeError, decode, fromJson, parseJson, SchedulerCall, type SchedulerCallSubscribe } from '@meseta/protocol';
import { principalWithoutValue } from '../../access/principal-without-value.ts';
import type { MasterContext } from '../../context.ts';
import { subscribe } from '../../frameworks/subscribe.ts';
import type { Framework } from '../../state/framework.ts';
import { askOf, attemptUpdate, handlerOf, performCall } from './calls.ts';
import { StreamConnection } from './stream-connection.ts';
import { callProblem } from './validate-call.ts';

const STREAM_ID = 'mesos-stream-id';

/**
 * Makes the route `POST /api/v1/scheduler`, the v1 API of frameworks. An invalid call is answered with a status code; a
 * refused subscription gets an ERROR event.
 *
 * @see Mesos src/master/http.cpp, Master::Http::scheduler
 */
export function schedulerRoute(context: MasterContext): DaemonRoute {
  return {
    path: '/api/v1/scheduler',
    methods: ['POST'],
    realm: 'mesos-master-scheduler',
    help: {
      summary: 'Endpoint for schedulers.',
      description:
        'Takes calls of frameworks as JSON or protobuf. SUBSCRIBE is answered with a stream of events in RecordIO format.',
      statuses: {
        200: 'SUBSCRIBE: a stream of events. UPDATE_FRAMEWORK: the framework is updated.',
        202: 'The call was accepted for processing.',
        400: 'The call is malformed or invalid, or comes from an unknown framework or by an old stream.',
        403: 'The framework is not subscribed.',
        406: 'The answer cannot be given in an accepted type.',
        415: 'The type of the body is not known.',
        429: 'Too many calls of the principal wait: see --rate_limits.',
      },
    },
    does: defersTo('every call names what it asks.', request => answer(context, request)),
  };
}

function answer(context: MasterContext, request: Request): Response | Promise<Response> {
  const unnamed = principalWithoutValue(request.principal);
  if (unnamed) return unnamed;
  const type = requestType(request.headers);
  if (type.refusal) return type.refusal;
  return settled(request.body(), body => answerCall(context, request, readCall(type.type, body)));
}

/** @param call or what is wrong with the body. */
function answerCall(
  context: MasterContext,
  request: Request,
  call: SchedulerCall | string,
): Response | Promise<Response> {
  const { principal, headers } = request;
  if (typeof call === 'string') return failure('BODY_MALFORMED', call);
  const problem = callProblem(call, principal?.value);
  if (problem !== undefined) return failure('CALL_INVALID', `Failed to validate scheduler::Call: ${problem}`);
  // Other calls have nothing in their answers, so that old frameworks may accept whatever they like.
  if (call.type === 'SUBSCRIBE' || call.type === 'RECONCILE_OPERATIONS') {
    const accepted = responseType(headers);
    if (accepted.refusal) return accepted.refusal;
    if (call.subscribe) return startStream(context, request, call.subscribe, accepted.type);
  }
  return takeCall(context, request, call);
}

/** Returns the call, or what is wrong with the body. */
function readCall(type: MessageType, body: Buffer): SchedulerCall | string {
  if (type !== JSON_TYPE)
    return reading('Failed to parse body into Call protobuf: ', () => decode(SchedulerCall, body));
  const json = reading('Failed to parse body into JSON: ', () => ({ value: parseJson(body) }));
  if (typeof json === 'string') return json;
  return reading('Failed to convert JSON into Call protobuf: ', () => fromJson(SchedulerCall, json.value));
}

function reading<T>(failure: string, read: () => T): T | string {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return failure + error.message;
  }
}

function startStream(
  context: MasterContext,
  { headers, principal }: Request,
  call: SchedulerCallSubscribe,
  type: MessageType,
): Response {
  if (headers[STREAM_ID] !== undefined) {
    return failure('STREAM_ID_UNEXPECTED', "Subscribe calls should not include the 'Mesos-Stream-Id' header");
  }
  const info = call.framework_info;
  const named = info.principal === undefined && principal?.value !== undefined;
  context.metrics.counter(`master/messages_${info.id?.value ? 're' : ''}register_framework`).increment();
  const connection = new StreamConnection(context.clock, type);
  subscribe(
    context,
    {
      info: named ? { ...info, principal: principal.value } : info,
      suppressedRoles: call.suppressed_roles ?? [],
      offerConstraints: call.offer_constraints,
    },
    connection,
    askOf(context, 'SUBSCRIBE'),
  );
  return {
    status: 200,
    headers: { 'Content-Type': type, 'Mesos-Stream-Id': connection.streamId },
    body: connection.stream,
  };
}

function takeCall(context: MasterContext, request: Request, call: SchedulerCall): Response | Promise<Response> {
  const framework = context.cluster.frameworks.get(call.framework_id?.value ?? '');
  if (!framework) return failure('FRAMEWORK_NOT_FOUND', 'Framework cannot be found');
  const refusal = senderRefusal(request, framework);
  if (refusal) return refusal;
  return inTurn(context, framework, call);
}

/**
 * Answers a call of a framework when its rate limit allows: until then, the response is kept back, which slows down
 * schedulers that wait for it.
 */
function inTurn(context: MasterContext, framework: Framework, call: SchedulerCall): Response | Promise<Response> {
  const { cluster, frameworkLimiter } = context;
  const { connection } = framework;
  const respond = () => {
    if (cluster.frameworks.get(framework.id) !== framework) {
      return failure('FRAMEWORK_NOT_FOUND', 'Framework cannot be found');
    }
    const isReplaced = framework.connection && framework.connection !== connection;
    return isReplaced
      ? failure('STREAM_ID_OUTDATED', 'Another scheduler has subscribed while the call waited')
      : performFor(context, framework, call);
  };
  let response: Response | Promise<Response> | undefined;
  let waiting: PromiseWithResolvers<Response> | undefined;
  const problem = frameworkLimiter.take(framework, call.type ?? 'UNKNOWN', () => {
    if (waiting === undefined) {
      response = respond();
      return;
    }
    try {
      waiting.resolve(respond());
    } catch (error) {
      waiting.reject(error);
    }
  });
  if (problem !== undefined) return failure('RATE_EXCEEDED', problem);
  if (response !== undefined) return response;
  waiting = Promise.withResolvers();
  return waiting.promise;
}

function performFor(context: MasterContext, framework: Framework, call: SchedulerCall): Response | Promise<Response> {
  if (call.type === 'UPDATE_FRAMEWORK' && call.update_framework) {
    const refused = attemptUpdate(context, framework, call.update_framework);
    return settled(refused, refusal => (refusal ? failure(refusal.code, refusal.problem) : empty(200)));
  }
  const handler = handlerOf(call);
  if (!handler) return failure('CALL_NOT_BUILT');
  performCall(context, framework, call, handler);
  return empty(202);
}

/** Refuses a request that does not come from the scheduler at the other end of the framework's stream. */
function senderRefusal({ headers, principal }: Request, { id, info, connection }: Framework): Response | undefined {
  if (principal && principal.value !== info.principal) {
    return failure(
      'PRINCIPAL_MISMATCH',
      `Authenticated principal '${principal.value}' does not match principal '${info.principal ?? ''}' set in \`FrameworkInfo\``,
    );
  }
  if (!connection) return failure('FRAMEWORK_NOT_SUBSCRIBED', 'Framework is not subscribed');
  if (connection.kind !== 'http') return failure('FRAMEWORK_NOT_SUBSCRIBED', 'Framework is not connected via HTTP');
  const streamId = headers[STREAM_ID];
  if (streamId === undefined)
    return failure('STREAM_ID_MISSING', "All non-subscribe calls should include the 'Mesos-Stream-Id' header");
  if (streamId === connection.streamId) return undefined;
  return failure(
    'STREAM_ID_OUTDATED',
    `The stream ID '${streamId}' included in this request didn't match the stream ID currently associated with framework ID ${id}`,
  );
}
