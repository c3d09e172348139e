import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { ConnectTarget } from '@meseta/containers';

/** Makes a connection, which the caller destroys. @throws the error of the connection; an AbortError when aborted. */
export type Connect = (to: ConnectTarget, signal: AbortSignal) => Promise<Socket>;

/** Connects to a port from this machine's network. */
export const connectTcp: Connect = async (to, signal) => {
  const { connect } = process.getBuiltinModule('node:net');
  const socket = connect(to);
  try {
    await once(socket, 'connect', { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
};
