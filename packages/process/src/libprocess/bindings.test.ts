import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { startLibprocess } from '../testing.ts';
import type { Pid } from './pid.ts';

const peer: Pid = { id: 'slave(1)', ip: '127.0.0.1', port: 4321 };

/** A server that binds senders by `a.Register`, and unbinds them by `a.Leave`. */
async function start(t: TestContext) {
  const { libprocess, port } = await startLibprocess(t);
  const received: string[] = [];
  const take = (_: Pid, body: Buffer) => void received.push(String(body));
  libprocess.install('master', 'a.Register', (from, body, peerAddress) => {
    libprocess.bind(from, peerAddress);
    take(from, body);
  });
  libprocess.install('master', 'a.Leave', (from, body) => {
    libprocess.unbind(from);
    take(from, body);
  });
  libprocess.install('master', 'a.Say', take);
  const send = (socket: Socket, name: string, body: string, from = 'slave(1)@127.0.0.1:4321') =>
    socket.write(
      `POST /master/a.${name} HTTP/1.1\r\nUser-Agent: libprocess/${from}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  const open = () => {
    const socket = connect(port, '127.0.0.1');
    t.after(() => socket.destroy());
    return socket.on('error', () => undefined);
  };
  const done = (count: number) => {
    const { counters } = libprocess;
    return eventually(`${count} messages`, () => counters.received + counters.refused === count);
  };
  const bound = open();
  send(bound, 'Register', 'registers');
  await done(1);
  return { libprocess, received, send, open, done, bound };
}

test('who registered speaks over that connection alone', async t => {
  const { libprocess, received, send, open, done, bound } = await start(t);
  const other = open();
  send(other, 'Say', 'lie');
  send(other, 'Register', 'lie');
  send(other, 'Say', 'lie', 'slave-observer(7)@127.0.0.1:4321');
  await done(4);
  send(bound, 'Say', 'truth');
  send(other, 'Say', 'of another', 'slave(1)@127.0.0.1:4322');
  await done(6);
  assert.deepEqual(received.sort(), ['of another', 'registers', 'truth']);
  assert.equal(libprocess.counters.refused, 3);
});

test('who connects anew is taken, also when the end of the old connection is read later', async t => {
  const { received, send, open, done, bound } = await start(t);
  const next = open();
  send(next, 'Register', 'again');
  send(next, 'Say', 'more');
  bound.end();
  await done(3);
  assert.deepEqual(received, ['registers', 'again', 'more']);
  const other = open();
  send(other, 'Say', 'lie');
  await done(4);
  assert.deepEqual(received, ['registers', 'again', 'more']);
});

test('after the binding was taken back anybody may speak', async t => {
  const { libprocess, received, send, open, done } = await start(t);
  libprocess.unbind(peer);
  send(open(), 'Say', 'from elsewhere');
  await done(2);
  assert.deepEqual(received, ['registers', 'from elsewhere']);
});
