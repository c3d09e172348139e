/** The v1 executor API, `POST /slave(1)/api/v1/executor`. */
import {
  bytes,
  EventStream,
  empty,
  type MessageType,
  PROTOBUF_TYPE,
  type Request,
  type Response,
  type Route,
  requestType,
  responseType,
  text,
} from '@meseta/process';
import { DecodeError, decode, ExecutorCall, fromJson, parseJson, type TaskStatus } from '@meseta/protocol';
import type { AgentContext } from '../context.ts';
import { HttpExecutorConnection } from '../executors/http-connection.ts';
import { receiveStatus } from '../executors/receive.ts';
import { registerExecutor } from '../executors/register.ts';
import { type ExecutorId, type FrameworkId, isUuid } from '../ids.ts';
import { executorToFramework } from '../messages/framework-messages.ts';
import type { Executor } from '../state/executor.ts';
import type { Framework } from '../state/framework.ts';

/** The endpoint of executors. */
export function executorRoute(context: AgentContext): Route {
  return {
    path: '/api/v1/executor',
    methods: ['POST'],
    realm: 'mesos-agent-executor',
    help: {
      summary: 'The API of executors: calls, and the stream of events.',
      statuses: { 200: 'SUBSCRIBE: events follow', 202: 'The call is accepted', 403: 'The executor is not subscribed' },
    },
    handler: request => handle(context, request),
  };
}

async function handle(context: AgentContext, request: Request): Promise<Response> {
  const encoding = requestType(request.headers);
  if (encoding.refusal) return encoding.refusal;
  const call = read(encoding.type, await request.body());
  if (typeof call === 'string') return text(400, call);
  const problem = problemOf(call);
  if (problem !== undefined) return text(400, `Failed to validate executor::Call: ${problem}`);
  if (call.type === 'HEARTBEAT') return empty(202);
  const { agent } = context;
  if (agent.state === 'RECOVERING' && (call.type !== 'SUBSCRIBE' || !agent.acceptsExecutors)) {
    return text(503, 'Agent has not finished recovery');
  }
  const framework = agent.frameworks.get(call.framework_id.value as FrameworkId);
  if (!framework) return text(400, 'Framework cannot be found');
  const executor = framework.executors.get(call.executor_id.value as ExecutorId);
  if (!executor || executor.isCommand) return text(400, 'Executor cannot be found');
  if (call.type === 'SUBSCRIBE') return subscribe(context, request, framework, executor, call);
  const { connection } = executor;
  if (!(connection instanceof HttpExecutorConnection) || connection.closed) {
    return text(403, 'Executor is not subscribed');
  }
  return act(context, framework, executor, call);
}

/** The call, or what is wrong with the body. */
function read(type: MessageType, body: Buffer): ExecutorCall | string {
  try {
    if (type === PROTOBUF_TYPE) return decode(ExecutorCall, body);
    return fromJson(ExecutorCall, parseJson(body.toString()));
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
}

/** @see Mesos src/common/validation.cpp, validateExecutorCall */
function problemOf({ type, subscribe, update, message, executor_id }: ExecutorCall): string | undefined {
  switch (type) {
    case 'SUBSCRIBE':
      return subscribe ? undefined : "Expecting 'subscribe' to be present";
    case 'UPDATE':
      return update ? statusProblem(update.status, executor_id.value) : "Expecting 'update' to be present";
    case 'MESSAGE':
      return message ? undefined : "Expecting 'message' to be present";
    case 'HEARTBEAT':
      return undefined;
    default:
      return "Expecting 'type' to be present";
  }
}

function statusProblem(status: TaskStatus, executorId: string): string | undefined {
  if (status.uuid === undefined) return "Expecting 'uuid' to be present";
  if (!isUuid(status.uuid)) return 'Not a valid UUID';
  if (status.executor_id && status.executor_id.value !== executorId) {
    return 'ExecutorID in Call: does not match ExecutorID in TaskStatus';
  }
  if (status.source !== 'SOURCE_EXECUTOR')
    return `Received Call from executor '${executorId}' with invalid source, expecting 'SOURCE_EXECUTOR'`;
  if (status.state === 'TASK_STAGING') return 'Received TASK_STAGING, which an executor may not send';
  return undefined;
}

function subscribe(
  context: AgentContext,
  request: Request,
  framework: Framework,
  executor: Executor,
  call: ExecutorCall,
): Response {
  const accepted = responseType(request.headers);
  if (accepted.refusal) return accepted.refusal;
  const stream = new EventStream();
  const connection = new HttpExecutorConnection(stream, accepted.type, context.clock);
  if (executor.state === 'TERMINATING' || executor.state === 'TERMINATED') {
    connection.shutdown();
    connection.close();
    return { ...bytes(accepted.type, ''), body: stream };
  }
  connection.send({
    type: 'SUBSCRIBED',
    subscribed: {
      executor_info: executor.info,
      framework_info: framework.info,
      agent_info: context.agent.info,
      container_id: { value: executor.containerId },
    },
  });
  const tasks = call.subscribe?.unacknowledged_tasks ?? [];
  const updates = (call.subscribe?.unacknowledged_updates ?? []).flatMap(({ status }) =>
    status.uuid === undefined || !isUuid(status.uuid) ? [] : [{ ...status, uuid: status.uuid }],
  );
  registerExecutor(context, framework, executor, connection, { tasks, updates }).catch(error =>
    context.log.error('Failed to take in an executor', { error, executor_id: executor.id }),
  );
  return { ...bytes(accepted.type, ''), body: stream };
}

async function act(
  context: AgentContext,
  framework: Framework,
  executor: Executor,
  { type, update, message }: ExecutorCall,
): Promise<Response> {
  if (type === 'UPDATE' && update?.status.uuid !== undefined) {
    receiveStatus(context, framework, executor, { ...update.status, uuid: update.status.uuid }).catch(error =>
      context.log.error('Failed to take in a status update', { error, executor_id: executor.id }),
    );
  } else if (type === 'MESSAGE' && message) {
    executorToFramework(context, framework, executor, message.data);
  }
  return empty(202);
}
