/** The calls of the executor API, one object each. */
import { type CallSyntax, type CallTable, open } from '@meseta/daemon';
import { bytes, EventStream, failure, type MessageType, type Negotiated, type Response } from '@meseta/process';
import { type CheckStatusInfo, ExecutorCall, type ExecutorCallSubscribe, isUuid } from '@meseta/protocol';
import type { RegisteredContext } from '../../context.ts';
import { HttpExecutorConnection } from '../../executors/http-connection.ts';
import { hasRoom, receiveStatus } from '../../executors/receive.ts';
import { type Brought, registerExecutor } from '../../executors/register.ts';
import { evolvedInfo } from '../../machine.ts';
import { executorToFramework } from '../../messages/framework-messages.ts';
import { waitingBytes } from '../../outlet.ts';
import type { Executor } from '../../state/executor.ts';
import type { Framework } from '../../state/framework.ts';
import { heldBytes } from '../../status-updates/held.ts';

/** What the calls work with. */
export interface ExecutorContext extends RegisteredContext {
  readonly framework: Framework;
  readonly executor: Executor;
  /** What the executor wants events in. */
  readonly accept: Negotiated<MessageType>;
}

/** The realm of the route says which executor it is. */
const own = open('An executor speaks of itself and its own tasks.');

const calls: CallTable<ExecutorContext, ExecutorCall, never> = {
  SUBSCRIBE: { needs: 'subscribe', access: own, answer: subscribe },
  UPDATE: {
    needs: 'update',
    access: own,
    validate: updateProblem,
    answer(context, { update }) {
      const { framework, executor, log } = context;
      if (update?.status.uuid === undefined) return undefined;
      if (!hasRoom(context, framework, executor, update.status))
        return tooFast(
          executor,
          'a status update',
          heldBytes,
          'updates may wait until its framework acknowledges them',
        );
      receiveStatus(context, framework, executor, { ...update.status, uuid: update.status.uuid }).catch(error =>
        log.error('Failed to take in a status update', { error, executor_id: executor.id }),
      );
      return undefined;
    },
  },
  MESSAGE: {
    needs: 'message',
    access: own,
    async answer(context, { message }) {
      if (!message) return undefined;
      const { framework, executor } = context;
      const sent = executorToFramework(context, framework, executor, message.data);
      if (sent === undefined)
        return tooFast(executor, 'a message', waitingBytes, 'messages may wait for the master, which reads slowly');
      await sent; // so that an executor which waits for its answers sends no faster than the master reads
      return undefined;
    },
  },
  HEARTBEAT: { access: own, answer: () => undefined },
};

/** The API in Mesos's words. */
export const executorApi: CallSyntax<ExecutorContext, ExecutorCall, never> = {
  call: ExecutorCall,
  calls,
  words: {
    protobuf: 'Failed to parse body into Call protobuf',
    json: 'Failed to parse body into JSON: ',
    conversion: 'Failed to convert JSON into Call protobuf: ',
    validation: 'Failed to validate Executor::Call: ',
  },
};

function tooFast({ id }: Executor, what: string, bytes: number, allowed: string): Response {
  const size = `${bytes / 1024 / 1024} MiB`;
  return failure('EXECUTOR_TOO_FAST', `Dropped ${what} of executor '${id}': ${size} of its ${allowed}`);
}

/** @see Mesos src/common/validation.cpp, validateExecutorCall */
function updateProblem({ update, executor_id, framework_id }: ExecutorCall): string | undefined {
  const { uuid, executor_id: other, source, state, check_status } = update?.status ?? {};
  const who = `executor ${executor_id.value} of framework ${framework_id.value}`;
  if (uuid === undefined) return "Expecting 'uuid' to be present";
  if (!isUuid(uuid)) return "Not a valid UUID: 'update.status.uuid' must be 16 bytes, in base64";
  if (other && other.value !== executor_id.value) {
    return `ExecutorID in Call: ${executor_id.value} does not match ExecutorID in TaskStatus: ${other.value}`;
  }
  if (source !== 'SOURCE_EXECUTOR') {
    return `Received Call from ${who} with invalid source, expecting 'SOURCE_EXECUTOR'`;
  }
  if (state === 'TASK_STAGING') return `Received TASK_STAGING from ${who} which is not allowed`;
  return check_status && checkStatusProblem(check_status);
}

function checkStatusProblem({ type, command, http, tcp }: CheckStatusInfo): string | undefined {
  const missing = (name: string) => `Expecting '${name.toLowerCase()}' to be set for ${name} check's status`;
  switch (type) {
    case undefined:
      return "CheckStatusInfo must specify 'type'";
    case 'COMMAND':
      return command ? undefined : missing(type);
    case 'HTTP':
      return http ? undefined : missing(type);
    case 'TCP':
      return tcp ? undefined : missing(type);
    default:
      return `'${type}' is not a valid check's status type`;
  }
}

/** Opens the stream of events. An earlier one of the executor's ends when this one is taken in. */
function subscribe(context: ExecutorContext, { subscribe: brought = {} }: ExecutorCall): Response {
  const { framework, executor, accept, agent, clock, log } = context;
  if (accept.refusal) return accept.refusal;
  const stream = new EventStream();
  const connection = new HttpExecutorConnection(stream, accept.type, clock);
  if (executor.state === 'TERMINATING' || executor.state === 'TERMINATED') {
    connection.shutdown();
    connection.close();
    return { ...bytes(accept.type, ''), body: stream };
  }
  connection.send({
    type: 'SUBSCRIBED',
    subscribed: {
      executor_info: executor.info,
      framework_info: framework.info,
      agent_info: evolvedInfo(agent.info),
      container_id: { value: executor.containerId },
    },
  });
  registerExecutor(context, framework, executor, connection, unacknowledged(brought)).catch(error =>
    log.error('Failed to take in an executor', { error, executor_id: executor.id }),
  );
  return { ...bytes(accept.type, ''), body: stream };
}

/** What an executor brings back; updates without a proper uuid could never be acknowledged. */
function unacknowledged({ unacknowledged_tasks, unacknowledged_updates }: ExecutorCallSubscribe): Brought {
  const updates = (unacknowledged_updates ?? []).flatMap(({ status }) =>
    status.uuid === undefined || !isUuid(status.uuid) ? [] : [{ ...status, uuid: status.uuid }],
  );
  return { tasks: unacknowledged_tasks ?? [], updates };
}
