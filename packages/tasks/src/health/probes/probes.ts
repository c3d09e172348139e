/**
 * Performs checks, by their type. A probe rejects when the check could not be performed; the caller judges the result.
 */

import type { Socket } from 'node:net';
import type { ConnectTarget } from '@meseta/containers';
import type { ExitStatus } from '@meseta/containers/shim';
import type { CheckInfo, CheckStatusInfo, CommandInfo, HealthCheck } from '@meseta/protocol';
import { networkProblem } from '@meseta/system';
import { exitMessage } from '../../exit-message.ts';
import { getStatus } from './http.ts';
import { type Connect, connectTcp } from './tcp.ts';

/** What checks need of the host of a task. */
export interface ProbeHost {
  /**
   * Runs a command in the task's container, as the task's user. When it is aborted, the command is killed with all its
   * descendants; the promise settles only when they are gone.
   */
  runCommand(command: CommandInfo, signal: AbortSignal): Promise<ExitStatus>;
  /**
   * Connects to a port in the task's network. Undefined, or absent: that is the network of this process. Nothing is left of a
   * connection that was destroyed or aborted.
   */
  connect?(to: ConnectTarget, signal: AbortSignal): Promise<Socket> | undefined;
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
      const url = new URL(`${http.scheme ?? 'http'}://${bracketed(loopback(http.protocol))}:${http.port}`);
      const status = await explained(
        url.host,
        signal,
        getStatus(withPath(url, http.path), connectionsOf(host), signal),
      );
      const { statuses = [] } = http;
      const passed = statuses.length > 0 ? statuses.includes(status) : status >= 200 && status < 400;
      if (!passed) throw new Error(`Unexpected HTTP response code: ${status}`);
      return;
    }
    case 'TCP':
      if (!tcp) throw new Error("HealthCheck has type TCP but no 'tcp'");
      return connectExplained({ host: loopback(tcp.protocol), port: tcp.port }, host, signal);
    default:
      throw new Error('the health check has no type');
  }
}

/** Performs a check. @returns its result. @throws an error with the reason when there is none. */
export async function probeCheck(check: CheckInfo, host: ProbeHost, signal: AbortSignal): Promise<CheckStatusInfo> {
  const { type, command, http, tcp } = check;
  switch (type) {
    case 'COMMAND': {
      const exit = await host.runCommand(command?.command ?? {}, signal);
      if (exit.kind !== 'exited') throw new Error(describe(exit));
      return { type, command: { exit_code: exit.code } };
    }
    case 'HTTP': {
      const url = withPath(new URL(`http://${loopback()}:${http?.port}`), http?.path);
      return {
        type,
        http: { status_code: await explained(url.host, signal, getStatus(url, connectionsOf(host), signal)) },
      };
    }
    case 'TCP': {
      const connected = await tryToConnect({ host: loopback(), port: tcp?.port ?? 0 }, host, signal).then(
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

const connectionsOf =
  (host: ProbeHost): Connect =>
  async (to, signal) =>
    host.connect?.(to, signal) ?? connectTcp(to, signal);

async function tryToConnect(to: ConnectTarget, host: ProbeHost, signal: AbortSignal): Promise<void> {
  (await connectionsOf(host)(to, signal)).destroy();
}

function connectExplained(to: ConnectTarget, host: ProbeHost, signal: AbortSignal): Promise<void> {
  return explained(`${bracketed(to.host)}:${to.port}`, signal, tryToConnect(to, host, signal));
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
