/** `POST /api/v1`: the operator API. */
import {
  answerCall,
  type DaemonRoute,
  defersTo,
  type Encoding,
  type OperatorApi,
  readCall,
  showing,
} from '@meseta/daemon';
import { type Request, type Response, requestType, responseType } from '@meseta/process';
import { MasterCall, MasterResponse } from '@meseta/protocol';
import { principalWithoutValue } from '../../access/principal-without-value.ts';
import type { MasterContext } from '../../context.ts';
import type { OperatorContext } from './call.ts';
import { masterCalls } from './calls/index.ts';
import type { Subscribers } from './subscribers.ts';

type MasterApi = OperatorApi<OperatorContext, MasterCall, MasterResponse>;

/** The API as it answers in one encoding. */
function apiIn(encoding: Encoding): MasterApi {
  return {
    call: MasterCall,
    reply: MasterResponse,
    calls: {
      ...masterCalls,
      SUBSCRIBE: showing(
        ['VIEW_FRAMEWORK', 'VIEW_TASK', 'VIEW_EXECUTOR', 'VIEW_ROLE'],
        ({ subscribers }, see, _, { query }) =>
          subscribers.subscribe(encoding, see, {
            followsAgents: query.get('agent_updates') === 'true',
            inParts: query.get('snapshot_parts') === 'true',
          }),
      ),
    },
    words: {
      protobuf: 'Failed to parse body into Call protobuf',
      json: 'Failed to parse body into JSON: ',
      conversion: 'Failed to convert JSON into Call protobuf: ',
      validation: 'Failed to validate master::Call: ',
    },
  };
}

const apis: Readonly<Record<Encoding, MasterApi>> = {
  'application/json': apiIn('application/json'),
  'application/x-protobuf': apiIn('application/x-protobuf'),
};

/**
 * Makes the route of the operator API. Requests are checked in Mesos's order: type of the body, the call itself, the
 * accepted types.
 *
 * @see Mesos src/master/http.cpp, Master::Http::api
 */
export function operatorRoute(master: MasterContext, subscribers: Subscribers): DaemonRoute {
  const { access, metrics, files } = master;
  const flagsView = () => ({ ...master.flagsView() });
  const context = { master, subscribers, access, metrics, files, flagsView, verbosity: master.log.verbosity };
  return {
    path: '/api/v1',
    methods: ['POST'],
    realm: 'mesos-master-readwrite',
    help: {
      summary: 'The operator API: calls as JSON or protobuf.',
      description: `Calls: ${[...Object.keys(masterCalls), 'SUBSCRIBE'].sort().join(', ')}.`,
      parameters: {
        agent_updates:
          'With SUBSCRIBE: `true` sends AGENT_ADDED again when an agent drains, is deactivated, disconnects, or has other resources or executors, with `executor_use`: what the executors of each framework hold. Tasks that ended under an earlier master come as TASK_ADDED. An extension of Meseta.',
        snapshot_parts:
          'With SUBSCRIBE: `true` sends the state in many SUBSCRIBED events, each as soon as it is encoded. The last one has `heartbeat_interval_seconds`, and no state. Frameworks come without their offers. An extension of Meseta.',
      },
      statuses: {
        200: 'The answer to the call, nothing, or (SUBSCRIBE) a stream of events in RecordIO.',
        202: 'An operation on resources was sent to the agent.',
        400: 'The call is malformed or invalid.',
        403: 'Not authorized.',
        404: 'There is no such file or agent.',
        406: 'None of the accepted types can be given.',
        409: 'The operation cannot be applied, or something else is under way.',
        415: 'The body is of another type.',
        501: 'No such call.',
        503: 'The master is recovering, or the agent is changing its state already.',
      },
    },
    does: defersTo('every call names what it asks.', request => answer(context, request)),
  };
}

async function answer(context: OperatorContext, request: Request): Promise<Response> {
  const unnamed = principalWithoutValue(request.principal);
  if (unnamed) return unnamed;
  const body = requestType(request.headers);
  if (body.refusal) return body.refusal;
  const call = readCall(apis['application/json'], body.type, await request.body());
  const accepted = responseType(request.headers);
  if (accepted.refusal) return accepted.refusal;
  return answerCall(apis[accepted.type], context, call, accepted.type, request);
}
