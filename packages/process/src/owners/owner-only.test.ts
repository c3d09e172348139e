import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { HttpServer } from '../http/server.ts';
import { rawClient } from '../testing.ts';
import { admitOwner, type OwnerOnly } from './owner-only.ts';
import { ownerOfPeer } from './peer-owner.ts';
import { type ReadTable, SocketOwners } from './socket-owners.ts';

const own = process.geteuid?.() ?? 0;

async function serve(t: TestContext, rules: Partial<OwnerOnly>, read?: ReadTable) {
  const served: (number | undefined)[] = [];
  const reports: string[] = [];
  const report = (_level: string, message: string) => void reports.push(message);
  const server = new HttpServer({
    handler: request => {
      served.push(request.peer.uid);
      return { status: 200, body: 'served' };
    },
    admit: admitOwner(new SocketOwners(read ? { read } : {}), { uid: own, name: 'test', ...rules }, report),
    report,
  });
  const { port } = await server.listen('127.0.0.1', 0);
  t.after(() => server.close(0));
  return { server, port, served, reports };
}

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

/** A table in which every connection's other end belongs to a user. */
const ownedBy =
  (uid: number, port: () => number): ReadTable =>
  async (path, onPiece) => {
    if (path.endsWith('6')) return 1;
    const hex = (value: number) => value.toString(16).toUpperCase().padStart(4, '0');
    let lines = 'heading\n';
    for (let from = 1024; from < 65_536; from++) {
      lines += `1: 0100007F:${hex(from)} 0100007F:${hex(port())} 01 0:0 0:0 0 ${uid} 0 7\n`;
    }
    onPiece(Buffer.from(lines));
    return 1;
  };

test('the owner is served, and requests tell who that is', async t => {
  const { port, served, server } = await serve(t, {});
  const client = rawClient(t, port, GET);
  await eventually('an answer', () => client.text().endsWith('served'));
  assert.deepEqual(served, [own]);
  assert.equal(server.refusedConnections, 0);
});

test('others are refused before anything of theirs is looked at', async t => {
  let port = 0;
  const at = await serve(
    t,
    {},
    ownedBy(own + 1, () => port),
  );
  port = at.port;
  for (const text of [GET, 'garbage', GET]) {
    const client = rawClient(t, port, text);
    await eventually('the end', () => client.ended());
    assert.match(client.text(), /^HTTP\/1\.1 403 Forbidden\r\n/);
    assert.match(client.text(), new RegExp(`only processes of the user with id ${own}`));
  }
  assert.deepEqual(at.served, []);
  assert.equal(at.server.refusedConnections, 3);
  assert.equal(at.reports.length, 1, 'said once');
});

test('users that are served something are, with their id', async t => {
  let port = 0;
  const at = await serve(
    t,
    { alsoServes: uid => uid === own + 1 },
    ownedBy(own + 1, () => port),
  );
  port = at.port;
  const client = rawClient(t, port, GET);
  await eventually('an answer', () => client.text().endsWith('served'));
  assert.deepEqual(at.served, [own + 1]);
});

test('nobody is served when the kernel does not tell', async t => {
  const at = await serve(t, {}, async () => Promise.reject(new Error('unreadable')));
  const client = rawClient(t, at.port, GET);
  await eventually('the end', () => client.ended());
  assert.match(client.text(), /^HTTP\/1\.1 403/);
});

test('connections that wait share one reading of the table', async t => {
  let readings = 0;
  let port = 0;
  const release = Promise.withResolvers<void>();
  const table = ownedBy(own, () => port);
  const at = await serve(t, {}, async (path, onPiece) => {
    if (!path.endsWith('6') && ++readings === 1) await release.promise;
    return table(path, onPiece);
  });
  port = at.port;
  const clients = Array.from({ length: 20 }, () => rawClient(t, port, GET));
  await eventually('connections', () => at.server.connections === 20);
  release.resolve();
  await eventually('answers', () => clients.every(client => client.text().endsWith('served')));
  assert.ok(readings < 20, `${readings} readings`);
});

test('a client that reset its connection has no owner, whoever has its address now', async t => {
  const server = createServer({ pauseOnConnect: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const client = connect(port, '127.0.0.1');
  const [socket] = (await once(server, 'connection')) as [Socket];
  t.after(() => socket.destroy());
  socket.on('error', () => undefined);
  const owners = new SocketOwners({ read: ownedBy(own, () => port) });
  assert.equal(await ownerOfPeer(owners, socket), own);
  client.resetAndDestroy();
  await once(client, 'close');
  assert.equal(await ownerOfPeer(owners, socket), undefined);
});
