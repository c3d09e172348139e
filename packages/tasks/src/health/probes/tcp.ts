import { once } from 'node:events';

/** Connects to a port and closes the connection. @throws the error of the connection; an AbortError when aborted. */
export async function connectTcp(host: string, port: number, signal: AbortSignal): Promise<void> {
  const { connect } = process.getBuiltinModule('node:net');
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal });
  } finally {
    socket.destroy();
  }
}
