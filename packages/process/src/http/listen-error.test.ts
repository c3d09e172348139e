import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpServer } from './server.ts';

test('an address that cannot be listened on is told with what to do', async t => {
  const handler = () => {
    throw new Error('not asked');
  };
  const server = new HttpServer({ handler });
  const { port } = await server.listen('127.0.0.1', 0);
  t.after(() => server.close(0));
  await assert.rejects(new HttpServer({ handler }).listen('127.0.0.1', port), {
    code: 'EADDRINUSE',
    message: `Cannot listen on 127.0.0.1:${port}: another process listens there: end it, or choose another port with --port (EADDRINUSE)`,
  });
  await assert.rejects(new HttpServer({ handler }).listen('192.0.2.1', 0), {
    code: 'EADDRNOTAVAIL',
    message: 'Cannot listen on 192.0.2.1:0: this machine does not have that address: check --ip (EADDRNOTAVAIL)',
  });
});
