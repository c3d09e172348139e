import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * Starts an FTP server with one file, `/file`, which it sends to every client. @returns its port, and a function that
 * stops it.
 */
export async function startFtpServer(contents: string): Promise<{ port: number; close: () => void }> {
  const sockets = new Set<Socket>();
  const data = createServer(socket => socket.on('error', () => undefined).end(contents)).listen(0, '127.0.0.1');
  const control = createServer(socket => {
    sockets.add(socket);
    serve(socket, portOf(data));
  }).listen(0, '127.0.0.1');
  await Promise.all([once(data, 'listening'), once(control, 'listening')]);
  const close = () => {
    for (const socket of sockets) socket.destroy();
    data.close();
    control.close();
  };
  return { port: portOf(control), close };
}

const portOf = (server: ReturnType<typeof createServer>) => (server.address() as AddressInfo).port;

function serve(socket: Socket, dataPort: number): void {
  const answers: Record<string, (argument: string) => string> = {
    USER: () => '331 who?',
    PASS: () => '230 welcome',
    PWD: () => '257 "/"',
    TYPE: () => '200 so be it',
    EPSV: () => `229 there (|||${dataPort}|)`,
    RETR: name => (name === 'file' ? '150 here it comes\r\n226 that was it' : '550 no such file'),
    QUIT: () => '221 bye',
  };
  socket.on('error', () => undefined).write('220 hello\r\n');
  createInterface({ input: socket }).on('line', line => {
    const [command = '', argument = ''] = line.split(' ');
    socket.write(`${answers[command]?.(argument) ?? '502 what?'}\r\n`);
  });
}
