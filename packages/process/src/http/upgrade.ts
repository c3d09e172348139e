import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { ServerResponse } from './node-http.ts';
import type { SwitchedProtocol } from './response.ts';
import { protocolOf } from './upgrade-header.ts';

/** What came behind the head of a request to change the protocol. */
const heads = new WeakMap<ServerResponse, Buffer>();

/**
 * Creates the response to a request for another protocol, whose connection Node's server has let go of. It is the last
 * one of its connection, unless {@link switchProtocol} takes its place.
 *
 * @param head what came behind the request's head.
 */
export function responseToUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  socket.on('error', () => undefined); // Node's server does not look after it any more; 'close' tells those who care
  response.assignSocket(socket);
  response.once('finish', () => {
    response.detachSocket(socket);
    socket.destroySoon();
    response.emit('close');
  });
  heads.set(response, head);
  return response;
}

/** Answers 101, unless the protocol does, and hands the connection over; false when the request did not ask for a protocol that there is. */
export function switchProtocol(response: ServerResponse, { take, writesHead }: SwitchedProtocol): boolean {
  const { req: request, socket } = response;
  const head = heads.get(response);
  if (head === undefined || socket === null) return false;
  response.detachSocket(socket);
  if (!writesHead) {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocolOf(request)}\r\n\r\n`);
  }
  take(socket, head);
  response.emit('close');
  return true;
}
