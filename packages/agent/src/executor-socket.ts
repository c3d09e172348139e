/** The Unix socket of `--http_executor_domain_sockets`, over which executors reach the agent. */
import { dirname, join, resolve } from 'node:path';
import {
  failure,
  type Handler,
  HttpServer,
  type HttpServerOptions,
  SOCKET_PATH_BYTES,
  type Tls,
} from '@meseta/process';
import { takeDirectory } from '@meseta/system';
import type { AgentFlags } from './flags.ts';
import type { Executor } from './state/executor.ts';

/** The agent cannot serve executors over a Unix socket as its flags say. The message names the flag and what to do. */
export class ExecutorSocketError extends Error {
  override readonly name = 'ExecutorSocketError';
  readonly code = 'EXECUTOR_SOCKET_UNUSABLE';
}

/** The name of the variable with the socket's path in the environment of executors. */
const variable = 'MESOS_DOMAIN_SOCKET';

/** The flags that say whether there is a socket, where it is, and who has to authenticate there. */
type SocketFlags = Pick<
  AgentFlags,
  | 'http_executor_domain_sockets'
  | 'domain_socket_location'
  | 'authenticate_http_executors'
  | 'authenticate_http_readonly'
  | 'authenticate_http_readwrite'
>;

/**
 * Returns where the agent is to serve executors; undefined without `--http_executor_domain_sockets`. Makes the directory of
 * the socket if it is missing.
 *
 * @throws {ExecutorSocketError} the path is too long for the kernel, names a socket of systemd, or would let users in whom the
 *   port refuses.
 * @throws {DirectoryError} another user could replace the socket.
 * @see Mesos src/slave/main.cpp; src/common/domain_sockets.hpp
 */
export function executorSocketPath(flags: SocketFlags, runtimeDirectory: string, tls?: Tls): string | undefined {
  const { domain_socket_location: location } = flags;
  if (!flags.http_executor_domain_sockets) return undefined;
  if (location?.startsWith('systemd:'))
    throw new ExecutorSocketError(
      `--domain_socket_location '${location}': sockets of systemd are not supported. Give the path of a socket, which the agent makes`,
    );
  const path = location === undefined ? join(runtimeDirectory, 'agent.sock') : resolve(location);
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES)
    throw new ExecutorSocketError(
      `Domain socket location '${path}' must have less than ${SOCKET_PATH_BYTES + 1} characters: choose a shorter one with --domain_socket_location`,
    );
  const everyoneAuthenticates =
    flags.authenticate_http_executors && flags.authenticate_http_readonly && flags.authenticate_http_readwrite;
  if (tls?.settings.requiresClientCertificates && !everyoneAuthenticates)
    throw new ExecutorSocketError(
      'Clients of the agent need a certificate (LIBPROCESS_SSL_REQUIRE_CLIENT_CERT), and there are none over a Unix socket: use --http_executor_domain_sockets with --authenticate_http_executors, --authenticate_http_readonly and --authenticate_http_readwrite',
    );
  // Executors of other users pass through it.
  if (location !== undefined)
    takeDirectory({ flag: 'the directory of --domain_socket_location', path: dirname(path), mode: 0o711 });
  return path;
}

/**
 * Serves the two APIs that executors call over a Unix socket, with the rules of the agent's port; other paths get 403. Over a
 * Unix socket there is no TLS.
 *
 * @param actor `slave(1)`.
 * @throws {ListenError}
 * @see Mesos src/slave/slave.cpp, Slave::initialize
 */
export async function openExecutorSocket(
  path: string,
  actor: string,
  { handler, ...options }: Pick<HttpServerOptions, 'handler' | 'admission' | 'report'>,
): Promise<HttpServer> {
  const served = ['/api/v1/executor', '/api/v1'].flatMap(each => [`/${actor}${each}`, each]);
  const refusal = () =>
    failure('SOCKET_OF_EXECUTORS', `Over this socket, the agent serves ${served[0]} and ${served[2]} only\n`);
  const answer: Handler = request => (served.includes(request.path) ? handler(request) : refusal());
  const server = new HttpServer({ ...options, handler: answer });
  await server.listenOn(path);
  return server;
}

/**
 * Returns the variable that leads an executor to the socket. Executors with an image do not see the file: they have the
 * address of the port alone.
 */
export function socketVariables(path: string | undefined, { info }: Pick<Executor, 'info'>): Record<string, string> {
  const { container } = info;
  const hasImage = container?.mesos?.image !== undefined || container?.docker !== undefined;
  return path === undefined || hasImage ? {} : { [variable]: path };
}
