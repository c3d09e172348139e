/**
 * Performs checks, by their type. A probe rejects when the check could not be performed; the caller judges the result.
 */

import type { ExitStatus } from '@meseta/containers/shim';
import type { CheckInfo, CheckStatusInfo, CommandInfo, HealthCheck } from '@meseta/protocol';
import { networkProblem } from '@meseta/system';
import { exitMessage } from '../../exit-message.ts';
import { getStatus } from './http.ts';
import { connectTcp } from './tcp.ts';

/** What checks need of the host of a task. */
export interface ProbeHost {
  /**
   * Runs a command in the task's container, as the task's user. When it is aborted, the command is killed with all its
   * descendants; the promise settles only when they are gone.
   */
  runCommand(command: CommandInfo, signal: AbortSignal): Promise<ExitStatus>;
  /** The address on which the task listens; default the loopback address of the check's protocol. */
  readonly address?: string | undefined;
}

/** Performs a health check. @throws an error with the reason when it did not pass. */
export async function probeHealth(check: HealthCheck, host: ProbeHost, signal: AbortSignal): Promise<void> {
  const { command, http, tcp } = check;
  switch (healthCheckType(check)) {
    case 'COMMAND': {
      const exit = await host.runCommand(command ?? {}, signal);
      if (exit.kind !== 'exited' || exit.code !== 0) throw new Error(describe(exit));
      return;
    }
    case 'HTTP': {
      if (!http) throw new Error("HealthCheck has type HTTP but no 'http'");
      const address = host.address ?? loopback(http.protocol);
      const url = new URL(`${http.scheme ?? 'http'}://${bracketed(address)}:${http.port}`);
      const status = await explained(url.host, signal, getStatus(withPath(url, http.path), signal));
      const { statuses = [] } = http;
      const passed = statuses.length > 0 ? statuses.includes(status) : status >= 200 && status < 400;
      if (!passed) throw new Error(`Unexpected HTTP response code: ${status}`);
      return;
    }
    case 'TCP':
      if (!tcp) throw new Error("HealthCheck has type TCP but no 'tcp'");
      return connectExplained(host.address ?? loopback(tcp.protocol), tcp.port, signal);
    default:
      throw new Error('the health check has no type');
  }
}

/** Performs a check. @returns its result. @throws an error with the reason when there is none. */
export async function probeCheck(check: CheckInfo, host: ProbeHost, signal: AbortSignal): Promise<CheckStatusInfo> {
  const { type, command, http, tcp } = check;
  const address = host.address ?? loopback();
  switch (type) {
    case 'COMMAND': {
      const exit = await host.runCommand(command?.command ?? {}, signal);
      if (exit.kind !== 'exited') throw new Error(describe(exit));
      return { type, command: { exit_code: exit.code } };
    }
    case 'HTTP': {
      const url = withPath(new URL(`http://${bracketed(address)}:${http?.port}`), http?.path);
      return { type, http: { status_code: await explained(url.host, signal, getStatus(url, signal)) } };
    }
    case 'TCP': {
      const connected = await connectTcp(address, tcp?.port ?? 0, signal).then(
        () => true,
        error => {
          if (signal.aborted) throw error;
          return false;
        },
      );
      return { type, tcp: { succeeded: connected } };
    }
    default:
      throw new Error('the check has no type');
  }
}

/** Returns the type of a health check. Old frameworks do not set it. */
export function healthCheckType({ type, command, http, tcp }: HealthCheck): HealthCheck['type'] {
  if (type !== undefined) return type;
  return command ? 'COMMAND' : http ? 'HTTP' : tcp ? 'TCP' : undefined;
}

const loopback = (protocol?: string): string => (protocol === 'IPv6' ? '::1' : '127.0.0.1');
const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);

function withPath(url: URL, path = ''): URL {
  const target = new URL(url);
  const [name = '', query = ''] = path.split(/\?(.*)/s);
  target.pathname = name;
  target.search = query;
  return target;
}

function connectExplained(address: string, port: number, signal: AbortSignal): Promise<void> {
  return explained(`${bracketed(address)}:${port}`, signal, connectTcp(address, port, signal));
}

/** Replaces network errors by errors with a plain message. */
async function explained<T>(peer: string, signal: AbortSignal, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const problem = signal.aborted ? undefined : networkProblem(error, peer);
    throw problem === undefined ? error : new Error(problem, { cause: error });
  }
}

function describe(exit: ExitStatus): string {
  return exit.kind === 'exited' || exit.kind === 'signaled' ? exitMessage(exit) : 'Command did not run';
}
