import { connect, type Socket } from 'node:net';
import type { buildConnector } from 'undici';
import { isWithoutTls, type Tls, type TlsTarget } from '../tls/tls.ts';

const connectMs = 10_000;

/**
 * Makes the function by which undici opens its connections, so that they obey the rules of `tls`. A server that does not
 * speak TLS is spoken to without it where `tls` allows that.
 *
 * @param onError called with errors of open connections. A server that refuses the client's certificate says so by an alert
 *   after the handshake of TLS 1.3; undici forgets it for the end of the connection that follows.
 */
export function secureConnector(tls: Tls, onError: (error: Error) => void): buildConnector.connector {
  return ({ hostname, port }, callback) => {
    const target = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443) };
    open(
      (to, onReady) => tls.connect(to, onReady),
      target,
      (error, socket) => {
        if (error === null) {
          socket.on('error', onError);
          callback(null, socket);
        } else if (tls.settings.supportsDowngrade && isWithoutTls(error)) open(plain, target, callback);
        else callback(error, null);
      },
    );
  };
}

type Done = (...result: [null, Socket] | [Error, null]) => void;

const plain = ({ host, port }: TlsTarget, onReady: () => void): Socket =>
  connect({ host, port, noDelay: true }, onReady);

function open(dial: (to: TlsTarget, onReady: () => void) => Socket, to: TlsTarget, done: Done): void {
  let told = false;
  const tell = (error: Error | null) => {
    if (told) return;
    told = true;
    clearTimeout(timer);
    if (error) done(error, null);
    else done(null, socket);
  };
  const socket = dial(to, () => tell(null));
  const timer = setTimeout(() => {
    socket.destroy(Object.assign(new Error('no connection in time'), { code: 'UND_ERR_CONNECT_TIMEOUT' }));
  }, connectMs);
  socket.once('error', tell);
  socket.once('close', () => tell(Object.assign(new Error('closed during the handshake'), { code: 'ECONNRESET' })));
}
