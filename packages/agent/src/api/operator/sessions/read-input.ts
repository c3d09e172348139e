import { type CallTable, readCall } from '@meseta/daemon';
import { HttpError, type MessageType } from '@meseta/process';
import { AgentCall, type AgentProcessIO, type AgentResponse } from '@meseta/protocol';
import { apiWords } from '../words.ts';

/** The type of a record is checked below. */
const syntax = { call: AgentCall, words: apiWords, calls: {} as CallTable<unknown, AgentCall, AgentResponse> };

/**
 * Reads a record of input.
 *
 * @throws {HttpError} 400 in Mesos's words.
 * @see Mesos src/slave/containerizer/mesos/io/switchboard.cpp, IOSwitchboardServerProcess::validate
 */
export function readInput(encoding: MessageType, record: Buffer): AgentProcessIO {
  const call = readCall(syntax, encoding, record);
  const problem = inputProblem(call);
  if (problem !== undefined) throw new HttpError('CALL_INVALID', problem);
  return call.attach_container_input?.process_io ?? {};
}

function inputProblem({ type, attach_container_input: input }: AgentCall): string | undefined {
  if (type !== 'ATTACH_CONTAINER_INPUT') return `Expecting 'type' to be 'ATTACH_CONTAINER_INPUT' instead of: '${type}'`;
  if (input === undefined) return "Expecting 'attach_container_input' to be present";
  if (input.type !== 'PROCESS_IO') {
    return `Expecting 'attach_container_input.type' to be 'PROCESS_IO' instead of: '${input.type}'`;
  }
  if (input.process_io === undefined) return "Expecting 'attach_container_input.process_io' to be present";
  return processProblem(input.process_io);
}

function processProblem({ type, control, data }: AgentProcessIO): string | undefined {
  switch (type) {
    case undefined:
      return "Expecting 'process_io.type' to be present";
    case 'UNKNOWN':
      return "'process_io.type' is unknown";
    case 'CONTROL':
      return controlProblem(control);
    case 'DATA':
      return dataProblem(data);
    default:
      throw new Error(`unhandled type ${type satisfies never}`);
  }
}

function controlProblem(control: AgentProcessIO['control']): string | undefined {
  if (control === undefined) return "Expecting 'process_io.control' to be present";
  switch (control.type) {
    case undefined:
      return "Expecting 'process_io.control.type' to be present";
    case 'UNKNOWN':
      return "'process_io.control.type' is unknown";
    case 'TTY_INFO':
      if (control.tty_info === undefined) return "Expecting 'process_io.control.tty_info' to be present";
      return control.tty_info.window_size ? undefined : "Expecting 'tty_info.window_size' to be present";
    case 'HEARTBEAT':
      return control.heartbeat ? undefined : "Expecting 'process_io.control.heartbeat' to be present";
    default:
      throw new Error(`unhandled type ${control.type satisfies never}`);
  }
}

function dataProblem(data: AgentProcessIO['data']): string | undefined {
  if (data === undefined) return "Expecting 'process_io.data' to be present";
  if (data.type === undefined) return "Expecting 'process_io.data.type' to be present";
  if (data.type !== 'STDIN') return "Expecting 'process_io.data.type' to be 'STDIN'";
  return data.data === undefined ? "Expecting 'process_io.data.data' to be present" : undefined;
}
