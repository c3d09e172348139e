import { createServer, type ListenOptions, type Server } from 'node:net';

// Below the ports that the kernel gives to connections, above those that fetch() and browsers refuse: the last is 10080.
const firstPort = 10_100;
const lastPort = 29_999;

/**
 * Returns a port of 127.0.0.1 nobody listens on, of a range where it stays free.
 * While this process runs, it is given to no other caller of any process: an abstract Unix socket is named after it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = firstPort + Math.floor(Math.random() * (lastPort - firstPort + 1));
    if (!(await listens(createServer().unref(), { path: `\0meseta-test-port-${port}` }))) continue;
    const server = createServer();
    if (!(await listens(server, { port, host: '127.0.0.1' }))) continue;
    await new Promise(resolve => server.close(resolve));
    return port;
  }
}

/** @returns false: it is taken. */
function listens(server: Server, at: ListenOptions): Promise<boolean> {
  return new Promise(resolve => {
    server.once('error', () => resolve(false));
    server.listen(at, () => resolve(true));
  });
}
