/** The v1 executor API, `POST /slave(1)/api/v1/executor`. */
import { askAndAnswer, type DaemonRoute, defersTo, readCall } from '@meseta/daemon';
import { empty, failure, type Request, type Response, requestType, responseType } from '@meseta/process';
import { claimsProblem } from '../../access/executor-tokens.ts';
import { type AgentContext, isRegistered } from '../../context.ts';
import { DriverExecutorConnection } from '../../executors/driver-connection.ts';
import { executorApi } from './calls.ts';

/** Returns the route of the executor API. */
export function executorRoute(context: AgentContext): DaemonRoute {
  return {
    path: '/api/v1/executor',
    methods: ['POST'],
    realm: 'mesos-agent-executor',
    help: {
      summary: 'The API of executors: calls, and the stream of events.',
      statuses: {
        200: 'SUBSCRIBE: events follow.',
        202: 'The call is accepted.',
        400: 'The call is malformed or invalid, or its framework or executor is unknown.',
        401: 'The request has no token of this agent.',
        403: 'The executor is not subscribed, or the token is that of another one.',
        406: 'No type that `Accept` allows.',
        415: 'Not a `Content-Type` for this call.',
        503: 'The agent is recovering.',
      },
    },
    does: defersTo('every call names what it asks.', request => handle(context, request)),
  };
}

/** @see Mesos src/slave/http.cpp, Http::executor: the order of its checks */
async function handle(context: AgentContext, request: Request): Promise<Response> {
  const { agent } = context;
  const recovering = failure('RECOVERING', 'Agent has not finished recovery');
  if (agent.state === 'RECOVERING' && !agent.acceptsExecutors) return recovering;
  const content = requestType(request.headers);
  if (content.refusal) return content.refusal;
  const call = readCall(executorApi, content.type, await request.body());
  if (call.type === 'HEARTBEAT') return empty(202); // its ids may be anything
  const subscribes = call.type === 'SUBSCRIBE';
  const accept = responseType(request.headers);
  if (subscribes && accept.refusal) return accept.refusal;
  if (!subscribes && agent.state === 'RECOVERING') return recovering;
  const framework = agent.frameworks.get(call.framework_id.value);
  if (!framework || !isRegistered(context)) return failure('FRAMEWORK_NOT_FOUND', 'Framework cannot be found');
  const executor = framework.executors.get(call.executor_id.value);
  if (!executor || executor.isBuiltIn) return failure('EXECUTOR_NOT_FOUND', 'Executor cannot be found');
  if (context.privacy?.mayBe(executor, request.peer) === false)
    return failure('EXECUTOR_OF_OTHER_USER', 'The executor runs as another user');
  const problem = request.principal && claimsProblem(request.principal, executor);
  if (problem !== undefined) return failure('TOKEN_OF_OTHER_EXECUTOR', problem);
  const foreign = executor.connection instanceof DriverExecutorConnection;
  if (!subscribes && (executor.state === 'REGISTERING' || foreign))
    return failure('EXECUTOR_NOT_SUBSCRIBED', 'Executor is not subscribed');
  const { type } = call;
  if (type === undefined || type === 'UNKNOWN') return failure('CALL_NOT_BUILT');
  const answer = await askAndAnswer(
    executorApi.calls[type],
    { ...context, framework, executor, accept },
    call,
    request,
  );
  return answer ?? empty(202);
}
