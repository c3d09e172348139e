import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { count, rawClient, startLibprocess } from '../testing.ts';
import { formatPid, type Pid } from './pid.ts';
import type { Libprocess } from './transport.ts';

const MIB = Buffer.alloc(1024 * 1024);

/** A peer at socket level: accepts, keeps what it gets, never answers. */
async function rawPeer(t: TestContext) {
  const sockets: Socket[] = [];
  const received: Buffer[] = [];
  const server = createServer(socket => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (piece: Buffer) => received.push(piece));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  t.after(stop);
  const { port } = server.address() as { port: number };
  const pid: Pid = { id: 'slave-observer(1)', ip: '127.0.0.1', port };
  return { pid, sockets, stop, text: () => Buffer.concat(received).toString('latin1') };
}

/** Records messages as `from name body`. */
function recorder(libprocess: Awaited<ReturnType<typeof startLibprocess>>['libprocess'], id: string, names: string[]) {
  const messages: string[] = [];
  for (const name of names) {
    libprocess.install(id, name, (from, body) => void messages.push(`${formatPid(from)} ${name} ${body}`));
  }
  return messages;
}

// Head and framing as recorded between a master and an agent of Apache Mesos 1.12.
test('writes messages as Mesos does', async t => {
  const { libprocess } = await startLibprocess(t, { advertise: { ip: '127.0.0.1', port: 15051 } });
  const peer = await rawPeer(t);
  libprocess.send(peer.pid, 'slave(1)', 'mesos.internal.PongSlaveMessage');
  libprocess.send({ ...peer.pid, id: 'master' }, 'slave(1)', 'mesos.internal.X', Buffer.from('x'.repeat(26)));
  const head = (line: string) =>
    `${line} HTTP/1.1\r\nUser-Agent: libprocess/slave(1)@127.0.0.1:15051\r\n` +
    `Libprocess-From: slave(1)@127.0.0.1:15051\r\nConnection: Keep-Alive\r\nHost: 127.0.0.1:${peer.pid.port}\r\n`;
  const expected =
    `${head('POST /slave-observer(1)/mesos.internal.PongSlaveMessage')}\r\n` +
    `${head('POST /master/mesos.internal.X')}Transfer-Encoding: chunked\r\n\r\n1a\r\n${'x'.repeat(26)}\r\n0\r\n\r\n`;
  await eventually('messages', () => peer.text().length >= expected.length);
  assert.equal(peer.text(), expected);
  assert.equal(peer.sockets.length, 1);
});

const FROM = 'Libprocess-From: scheduler(1)@127.0.0.1:41605\r\n';
const requests: { name: string; head: string; body?: string; status: number; message?: string }[] = [
  {
    name: 'of libprocess',
    head: `POST /master/a.B HTTP/1.1\r\nUser-Agent: libprocess/scheduler(1)@127.0.0.1:41605\r\nTransfer-Encoding: chunked\r\n`,
    body: '2\r\nhi\r\n0\r\n\r\n',
    status: 202,
    message: 'hi',
  },
  {
    name: 'of Go clients',
    head: `POST /master/a.B HTTP/1.1\r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: 2\r\n${FROM}`,
    body: 'hi',
    status: 202,
    message: 'hi',
  },
  { name: 'without body', head: `POST /master/a.B HTTP/1.1\r\n${FROM}`, status: 202, message: '' },
  { name: 'to an encoded id', head: `POST /m%61ster/a.B HTTP/1.1\r\n${FROM}`, status: 202, message: '' },
  { name: 'to nobody', head: `POST /other/a.B HTTP/1.1\r\n${FROM}`, status: 404 },
  { name: 'nobody knows', head: `POST /master/a.C HTTP/1.1\r\n${FROM}`, status: 404 },
  { name: 'without a name', head: `POST /master HTTP/1.1\r\n${FROM}`, status: 404 },
  { name: 'with a broken id', head: `POST /%ff/a.B HTTP/1.1\r\n${FROM}`, status: 404 },
  { name: 'with a malformed sender', head: 'POST /master/a.B HTTP/1.1\r\nLibprocess-From: me\r\n', status: 400 },
  { name: 'too large', head: `POST /master/a.B HTTP/1.1\r\nContent-Length: 2000\r\n${FROM}`, status: 413 },
];
for (const { name, head, body = '', status, message } of requests) {
  test(`message ${name}: ${status}`, async t => {
    const { libprocess, port } = await startLibprocess(t, {}, { bodyBytes: 1000 });
    const messages = recorder(libprocess, 'master', ['a.B']);
    const client = rawClient(t, port, `${head}\r\n${body}`);
    await eventually('answer', () => client.text().includes('\r\n\r\n'));
    assert.match(client.text(), new RegExp(`^HTTP/1.1 ${status} .*\r\nContent-Length: 0\r\n`));
    if (message !== undefined) await eventually('the message', () => messages.length > 0);
    assert.deepEqual(messages, message === undefined ? [] : [`scheduler(1)@127.0.0.1:41605 a.B ${message}`]);
    assert.equal(libprocess.counters.refused, message === undefined ? 1 : 0);
  });
}

test('a POST without sender is not a message', async t => {
  const { libprocess, port } = await startLibprocess(t);
  recorder(libprocess, 'master', ['a.B']);
  const client = rawClient(t, port, 'POST /master/a.B HTTP/1.1\r\nContent-Length: 0\r\n\r\n');
  await eventually('answer of the router', () => client.text().endsWith('404 Not Found.'));
  assert.equal(libprocess.counters.received, 0);
});

test('messages of one connection keep their order, whatever their framing and pieces', async t => {
  const { libprocess, port } = await startLibprocess(t);
  const received: number[] = [];
  libprocess.install('master', 'a.B', (_, body) => void received.push(Number(body)));
  libprocess.install('master', 'none', () => void received.push(received.length));
  const frames = Array.from({ length: 10_000 }, (_, index) => {
    const digits = String(index);
    if (index % 3 === 0) return `POST /master/none HTTP/1.1\r\n${FROM}\r\n`;
    if (index % 3 === 1) return `POST /master/a.B HTTP/1.1\r\n${FROM}Content-Length: ${digits.length}\r\n\r\n${digits}`;
    const chunks = [...digits].map(digit => `1\r\n${digit}\r\n`).join('');
    return `POST /master/a.B HTTP/1.1\r\n${FROM}Transfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`;
  }).join('');
  const client = rawClient(t, port);
  for (let at = 0; at < frames.length; at += 7919) client.socket.write(frames.slice(at, at + 7919));
  await eventually('all messages', () => received.length === 10_000);
  assert.deepEqual(
    received,
    Array.from({ length: 10_000 }, (_, index) => index),
  );
  await eventually('all answers', () => count(client.text(), 'HTTP/1.1 202 ') === 10_000);
});

test('a handler which fails is reported, and the next message comes', async t => {
  const { libprocess, port, reports } = await startLibprocess(t);
  let calls = 0;
  libprocess.install('master', 'a.B', () => {
    if (++calls === 1) throw new Error('thrown');
    if (calls === 2) return Promise.reject(new Error('rejected'));
  });
  rawClient(t, port, `POST /master/a.B HTTP/1.1\r\n${FROM}\r\n`.repeat(3));
  await eventually('three messages, two reports', () => calls === 3 && reports.length === 2);
  assert.match(reports.join(), /thrown.*rejected/);
});

test('a connection of a peer is never cut for being idle', async t => {
  const limits = { keepAliveMs: 30, headersMs: 30, bodyIdleMs: 30 };
  const { libprocess, server, port } = await startLibprocess(t, {}, limits);
  const messages = recorder(libprocess, 'master', ['a.B']);
  const peer = rawClient(t, port, `POST /master/a.B HTTP/1.1\r\n${FROM}\r\n`);
  await eventually('message', () => messages.length === 1);
  const ordinary = rawClient(t, port, 'GET / HTTP/1.1\r\n\r\n');
  await eventually('end of an ordinary connection', ordinary.ended);
  assert.equal(server.connections, 1);
  peer.socket.write(`POST /master/a.B HTTP/1.1\r\n${FROM}\r\n`);
  await eventually('another message', () => messages.length === 2);
});

test('both ways, in order, over one connection each', async t => {
  const master = await startLibprocess(t);
  const agent = await startLibprocess(t);
  const echoes: number[] = [];
  agent.libprocess.install('slave(1)', 'ping', (from, body) => {
    agent.libprocess.send(from, 'slave(1)', 'pong', body);
  });
  master.libprocess.install('master', 'pong', (from, body) => {
    assert.deepEqual(from, agent.libprocess.pid('slave(1)'));
    echoes.push(body.readUInt32BE());
  });
  for (let index = 0; index < 5000; index++) {
    const body = Buffer.alloc(4 + (index % 50));
    body.writeUInt32BE(index);
    master.libprocess.send(agent.libprocess.pid('slave(1)'), 'master', 'ping', body);
  }
  await eventually('all echoes', () => echoes.length === 5000);
  assert.deepEqual(
    echoes,
    Array.from({ length: 5000 }, (_, index) => index),
  );
  assert.deepEqual([master.server.connections, agent.server.connections], [1, 1]);
});

test('a link tells once that the peer is gone, and the next message connects again', async t => {
  const { libprocess } = await startLibprocess(t);
  const peer = await rawPeer(t);
  const exits: string[] = [];
  libprocess.link(peer.pid, ({ id }) => exits.push(id));
  libprocess.link({ ...peer.pid, id: 'other' }, ({ id }) => exits.push(id));
  const unlink = libprocess.link(peer.pid, () => exits.push('unlinked'));
  unlink();
  await eventually('connection', () => peer.sockets.length === 1);
  peer.sockets[0]?.destroy();
  await eventually('exits', () => exits.length === 2);
  libprocess.send(peer.pid, 'master', 'a.B');
  await eventually('message', () => peer.text().includes('a.B'));
  libprocess.link(peer.pid, () => exits.push('later'));
  peer.sockets[1]?.destroy();
  await eventually('exit of the later link', () => exits.length === 3);
  assert.deepEqual(exits, ['slave-observer(1)', 'other', 'later']);
});

test('a link to nobody tells, and what was sent is counted as dropped', async t => {
  const { libprocess } = await startLibprocess(t);
  const peer = await rawPeer(t);
  peer.stop();
  const reasons: (string | undefined)[] = [];
  libprocess.send(peer.pid, 'master', 'a.B');
  libprocess.link(peer.pid, (_, error) => reasons.push((error as NodeJS.ErrnoException).code));
  await eventually('exit', () => reasons.length === 1);
  assert.deepEqual(reasons, ['ECONNREFUSED']);
  assert.equal(libprocess.counters.dropped, 1);
});

test('a half-closed connection is an exit', async t => {
  const { libprocess } = await startLibprocess(t);
  const peer = await rawPeer(t);
  const reasons: (Error | undefined)[] = [];
  libprocess.link(peer.pid, (_, error) => reasons.push(error));
  await eventually('connection', () => peer.sockets.length === 1);
  peer.sockets[0]?.end();
  await eventually('exit', () => reasons.length === 1);
  assert.deepEqual(reasons, [undefined]);
});

test('a link may be renewed: a new connection, and nobody is told', async t => {
  const { libprocess } = await startLibprocess(t);
  const peer = await rawPeer(t);
  const exits: string[] = [];
  libprocess.link(peer.pid, () => exits.push('first'));
  await eventually('connection', () => peer.sockets.length === 1);
  libprocess.link(peer.pid, () => exits.push('second'), { renew: true });
  await eventually('another connection', () => peer.sockets.length === 2);
  await eventually('end of the first', () => peer.sockets[0]?.destroyed === true);
  assert.deepEqual(exits, []);
  peer.sockets[1]?.destroy();
  await eventually('exits', () => exits.length === 2);
  assert.deepEqual(exits, ['first', 'second']);
});

const gaveUp: { name: string; act: (libprocess: Libprocess, pid: Pid) => void; exits: number }[] = [
  { name: 'a connection that is given up', act: (libprocess, pid) => libprocess.abandon(pid), exits: 1 },
  {
    name: 'a connection that is replaced',
    act: (libprocess, pid) => libprocess.link(pid, () => undefined, { renew: true }),
    exits: 0,
  },
];
for (const { name, act, exits } of gaveUp) {
  test(`${name} delivers nothing more of what was sent`, async t => {
    const { libprocess } = await startLibprocess(t);
    const peer = await rawPeer(t);
    let told = 0;
    libprocess.link(peer.pid, () => told++);
    await eventually('connection', () => peer.sockets.length === 1);
    const [socket = assert.fail()] = peer.sockets;
    const ends: string[] = [];
    socket.on('error', ({ code }: NodeJS.ErrnoException) => ends.push(code ?? ''));
    socket.on('end', () => ends.push('end'));
    socket.pause();
    // What fits into the kernel's buffers would arrive after a connection that is only closed.
    for (let count = 0; count < 16; count++) libprocess.send(peer.pid, 'master', 'a.B', MIB);
    await eventually('full buffers', () => libprocess.waitingBytes(peer.pid) > 0);
    act(libprocess, peer.pid);
    socket.resume();
    await eventually('the end', () => ends.length > 0);
    assert.deepEqual(ends, ['ECONNRESET']);
    assert.ok(peer.text().length < 16 * MIB.length);
    assert.equal(told, exits);
  });
}

test('an unlinked connection is closed when idle, a linked one is not', async t => {
  const limits = { idleMs: 50 };
  const { libprocess } = await startLibprocess(t, { limits });
  const [linked, unlinked] = [await rawPeer(t), await rawPeer(t)];
  let exits = 0;
  libprocess.link(linked.pid, () => exits++);
  await eventually('connection', () => linked.sockets.length === 1);
  libprocess.send(unlinked.pid, 'master', 'a.B');
  await eventually('end', () => unlinked.sockets[0]?.destroyed === true);
  assert.equal(exits, 0);
  assert.equal(linked.sockets[0]?.destroyed, false);
});

test('a peer which does not read is dropped at the limit; others get their messages', async t => {
  const { libprocess } = await startLibprocess(t, { limits: { queueBytes: 16 * MIB.length } });
  const other = await startLibprocess(t);
  const messages = recorder(other.libprocess, 'slave(1)', ['a.B']);
  const deaf = await rawPeer(t);
  let exits = 0;
  libprocess.link(deaf.pid, () => exits++);
  await eventually('connection', () => deaf.sockets.length === 1);
  deaf.sockets[0]?.pause();
  let sent = 0;
  while (libprocess.send(deaf.pid, 'master', 'a.B', MIB)) {
    assert.ok(++sent < 200, 'bounded');
    await new Promise(setImmediate);
  }
  assert.ok(libprocess.counters.dropped > 0);
  await eventually('exit', () => exits === 1);
  libprocess.send(other.libprocess.pid('slave(1)'), 'master', 'a.B');
  await eventually('message to another peer', () => messages.length === 1);
});

test('what waits for a peer is told, and when nothing waits any more', async t => {
  const { libprocess } = await startLibprocess(t);
  const slow = await rawPeer(t);
  libprocess.link(slow.pid, () => undefined);
  await eventually('connection', () => slow.sockets.length === 1);
  const [socket] = slow.sockets;
  assert.ok(socket);
  for (const end of [() => socket.resume(), () => socket.destroy()]) {
    socket.pause();
    for (let i = 0; i < 16; i++) libprocess.send(slow.pid, 'master', 'a.B', MIB);
    await new Promise(setImmediate);
    assert.ok(libprocess.waitingBytes(slow.pid) > MIB.length);
    let drained = false;
    const waited = libprocess.drained(slow.pid).then(() => {
      drained = true;
    });
    await new Promise(setImmediate);
    assert.equal(drained, false);
    end();
    await waited;
    assert.equal(libprocess.waitingBytes(slow.pid), 0);
  }
  await libprocess.drained({ ...slow.pid, port: 1 });
});

test('a peer which stalls with something waiting is an exit', async t => {
  const { libprocess } = await startLibprocess(t, { limits: { stallMs: 100 } });
  const deaf = await rawPeer(t);
  let exits = 0;
  libprocess.link(deaf.pid, () => exits++);
  await eventually('connection', () => deaf.sockets.length === 1);
  deaf.sockets[0]?.pause();
  for (let index = 0; index < 20; index++) libprocess.send(deaf.pid, 'master', 'a.B', MIB);
  await eventually('exit', () => exits === 1);
});

test('a peer which answers everything is not held up by its answers', async t => {
  const { libprocess } = await startLibprocess(t);
  const peer = await rawPeer(t);
  libprocess.send(peer.pid, 'master', 'a.B');
  await eventually('connection', () => peer.sockets.length === 1);
  const answer = Buffer.from('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'.repeat(50_000));
  let written = false;
  peer.sockets[0]?.write(answer, () => {
    written = true;
  });
  await eventually('answers taken', () => written);
});

test('after closing nothing is sent and nobody is told', async t => {
  const { libprocess } = await startLibprocess(t);
  const peer = await rawPeer(t);
  let exits = 0;
  libprocess.link(peer.pid, () => exits++);
  await eventually('connection', () => peer.sockets.length === 1);
  libprocess.close();
  await eventually('end', () => peer.sockets[0]?.destroyed === true);
  assert.ok(!libprocess.send(peer.pid, 'master', 'a.B'));
  assert.equal(exits, 0);
});
