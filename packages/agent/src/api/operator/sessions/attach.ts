/** ATTACH_CONTAINER_OUTPUT and ATTACH_CONTAINER_INPUT. */
import {
  type ContainerId,
  type ContainerIO,
  containerKey,
  InputClosedError,
  TerminalAwayError,
} from '@meseta/containers';
import { type BodyType, empty, HttpError, type Request, type Response, streamingRequestType } from '@meseta/process';
import type { AgentCall, AgentProcessIO, ContainerID } from '@meseta/protocol';
import { checkedContainerId } from '../container-id.ts';
import type { OperatorContext } from '../context.ts';
import type { InputRecords } from '../input-records.ts';
import { findRoot } from './find-root.ts';
import { outputOf } from './output-of.ts';
import { readInput } from './read-input.ts';

/** The text that clients know a container without a terminal by. */
const withoutIO = 'I/O switchboard server was disabled for this container';

/** Containers whose input a client has. */
const inUse = new WeakSet<ContainerIO>();

/** @throws {HttpError} 404 and 500 as Mesos. */
function ioOf(context: OperatorContext, message: ContainerID): ContainerIO {
  const { containerizer } = context;
  const id = checkedContainerId(message);
  findRoot(context, id);
  const io = attached(containerizer, id);
  if (io) return io;
  const isKnown = containerizer.wait(id) !== undefined;
  throw new HttpError('CONTAINER_NOT_ATTACHABLE', isKnown ? withoutIO : `Unknown container ${containerKey(id)}`);
}

function attached(containerizer: OperatorContext['containerizer'], id: ContainerId): ContainerIO | undefined {
  try {
    return containerizer.attach?.(id);
  } catch (cause) {
    if (!(cause instanceof TerminalAwayError)) throw cause;
    throw new HttpError('CONTAINER_TERMINAL_AWAY', cause.message, { cause });
  }
}

/**
 * Answers with the output of a container, from now on.
 *
 * @throws {HttpError} the container has no terminal, or is not there.
 */
export function attachOutput(context: OperatorContext, id: ContainerID, request: Request): Response {
  return outputOf(context, ioOf(context, id), request).answer;
}

/**
 * Gives the records that follow the call to a container as input. Answers when they end, or the container's output does.
 *
 * @throws {HttpError} as {@link attachOutput}; 409 while another client has the input; 400 for a record that is no input.
 */
export async function attachInput(context: OperatorContext, call: AgentCall, request: Request): Promise<Response> {
  const { type, container_id } = call.attach_container_input ?? {};
  if (type !== 'CONTAINER_ID' || container_id === undefined) {
    throw new HttpError('CALL_INVALID', "Expecting 'attach_container_input.type' to be CONTAINER_ID");
  }
  const io = ioOf(context, container_id);
  if (inUse.has(io)) throw new HttpError('CONTAINER_INPUT_IN_USE', 'Multiple input connections are not allowed');
  const content = streamingRequestType(request.headers);
  if (!context.input || content.refusal) throw new Error('The type of the request was negotiated before');
  inUse.add(io);
  try {
    await Promise.race([pass(context.input, content.type, io), io.ended]);
    return empty(200);
  } finally {
    inUse.delete(io);
  }
}

async function pass(records: InputRecords, content: BodyType, io: ContainerIO): Promise<void> {
  for (let record = await records.next(); record; record = await records.next()) {
    await perform(readInput(content.message, record), io);
  }
}

async function perform({ data, control }: AgentProcessIO, io: ContainerIO): Promise<void> {
  const size = control?.tty_info?.window_size;
  if (size && !io.resize(size.rows, size.columns)) {
    throw new HttpError('CALL_INVALID', 'Unable to set the window size: the container has no terminal');
  }
  if (data === undefined) return;
  const bytes = Buffer.from(data.data ?? '', 'base64');
  if (bytes.length === 0) return io.endInput();
  try {
    await io.write(bytes);
  } catch (cause) {
    if (!(cause instanceof InputClosedError)) throw cause;
    throw new HttpError('CONTAINER_INPUT_CLOSED', `Failed writing to stdin: ${cause.message}`, { cause });
  }
}
