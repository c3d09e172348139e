/** The port of an agent: who is served there, and how. */
import { type AccessControl, type DaemonAddress, DaemonRouter, firewallGuard, openToAll } from '@meseta/daemon';
import {
  type Admission,
  admitOwner,
  HttpServer,
  Libprocess,
  type Report,
  SocketOwners,
  type Tls,
} from '@meseta/process';
import type { Logger, Metrics } from '@meseta/telemetry';
import { openExecutorSocket } from './executor-socket.ts';
import type { AgentFlags } from './flags.ts';
import type { Privacy } from './privacy.ts';

/** What decides about the port and its clients. */
export interface NetworkParts {
  /** The name of the agent's process, `slave(1)`. */
  readonly actor: string;
  readonly flags: AgentFlags;
  readonly address: DaemonAddress;
  readonly admission: Admission;
  readonly access: AccessControl;
  /** Of a private agent. */
  readonly privacy: Privacy | undefined;
  readonly tls: Tls | undefined;
  /** Where executors are served, too; undefined: there is no Unix socket. */
  readonly executorSocket: string | undefined;
  readonly report: Report;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** The open port. */
export interface Network {
  /** To which routes are added. */
  readonly router: DaemonRouter;
  readonly server: HttpServer;
  readonly transport: Libprocess;
  /** The Unix socket of executors. */
  readonly socketServer: HttpServer | undefined;
}

/** Opens the port. Warns when anyone may use it. @throws {ListenError} an address is taken. */
export async function openNetwork(parts: NetworkParts): Promise<Network> {
  const { actor, flags, address, admission, access, privacy, tls, report, log, metrics, executorSocket } = parts;
  const router = new DaemonRouter({
    access,
    delegate: actor,
    guards: [...(privacy ? [privacy.guard] : []), firewallGuard(flags.firewall_rules, actor)],
  });
  const server = new HttpServer({
    ...{ handler: router.handle, report, admission, tls },
    ...(privacy && { admit: admitOwner(new SocketOwners(), privacy, report) }),
  });
  const listening = await server.listen(address.bindIp, address.bindPort);
  const { authenticate_http_executors, authenticate_http_readonly, authenticate_http_readwrite } = flags;
  const asks = { authenticate_http_executors, authenticate_http_readonly, authenticate_http_readwrite };
  const open = privacy ? undefined : openToAll('agent', listening, asks);
  if (open !== undefined) log.warning(open);
  const advertise = { ip: address.ip, ...(address.port === undefined ? {} : { port: address.port }) };
  const transport = new Libprocess(server, { advertise, report });
  if (tls) metrics.gauge('process/certificate_valid_secs', () => tls.validSecs);
  try {
    // Executors of a private agent use its port, where the agent knows which user calls.
    const socketServer =
      executorSocket === undefined || privacy
        ? undefined
        : await openExecutorSocket(executorSocket, actor, { handler: router.handle, report, admission });
    return { router, server, transport, socketServer };
  } catch (error) {
    transport.close();
    await server.close(0);
    throw error;
  }
}
