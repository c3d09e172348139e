import { connect } from 'node:net';

/** POSTs of an acknowledgement's size down one connection to a server that only takes them. */
export function bareRequests(address: string, count: number): Promise<void> {
  const [host = '', port] = address.split(':');
  const message = `POST /api/v1/scheduler HTTP/1.1\r\nHost: ${address}\r\nContent-Length: 150\r\n\r\n${'x'.repeat(150)}`;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port) });
    let answers = 0;
    socket.on('error', reject);
    socket.on('data', data => {
      answers += data.toString('latin1').split('HTTP/1.1 202').length - 1;
      if (answers < count) return;
      socket.destroy();
      resolve();
    });
    for (let i = 0; i < count; i++) socket.write(message);
  });
}
