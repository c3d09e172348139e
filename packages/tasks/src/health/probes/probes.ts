/** What a check does, by its kind. A probe rejects when it could not be made; how it ended is for others to judge. */

import type { ExitStatus } from '@meseta/containers/shim';
import type { CheckInfo, CheckStatusInfo, CommandInfo, HealthCheck } from '@meseta/protocol';
import { networkProblem } from '@meseta/system';
import { exitMessage } from '../../exit-message.ts';
import { getStatus } from './http.ts';
import { connectTcp } from './tcp.ts';

/** The surroundings of a task, as its checks see them. */
export interface ProbeHost {
  /**
   * Runs a command where and as the task runs. When aborted it is killed with all its descendants; settles only when
   * they are gone.
   */
  runCommand(command: CommandInfo, signal: AbortSignal): Promise<ExitStatus>;
  /** Where the task listens; default the loopback address of the check's protocol. */
  readonly address?: string;
}

/** @throws the reason why the health check did not pass. */
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

/** The result of a check. @throws the reason why there is none. */
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

/** Old frameworks leave the type out. */
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

/** Puts what the network said into words. */
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
