import { createServer, type ListenOptions, type Server } from 'node:net';

/**
 * Returns a port of 127.0.0.1 nobody listens on, below those the kernel gives to connections, so that it stays free.
 * While this process runs, it is given to no other caller of any process: an abstract Unix socket is named after it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
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
