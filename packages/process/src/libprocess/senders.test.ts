import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { SocketOwners } from '../owners/socket-owners.ts';
import { rawClient, startLibprocess } from '../testing.ts';

const other = (process.geteuid?.() ?? 0) + 1;
const hex = (value: number) => value.toString(16).toUpperCase().padStart(4, '0');

const cases: {
  name: string;
  peer: number | undefined;
  listener?: number;
  mayHaveLeft?: boolean;
  taken: boolean;
}[] = [
  { name: 'of the user who listens there', peer: other, listener: other, taken: true },
  {
    name: "of another user than listens there: the master's or an agent's",
    peer: other,
    listener: other + 1,
    taken: false,
  },
  { name: 'of root', peer: 0, listener: other, taken: true },
  { name: "of this process's own user", peer: other - 1, taken: true },
  { name: 'of a user who listens nowhere', peer: other, taken: false },
  { name: 'of somebody who left before it was known who that is', peer: undefined, listener: other, taken: false },
  { name: 'of somebody who may have left', peer: undefined, listener: other, mayHaveLeft: true, taken: true },
];
for (const { name, peer, listener, mayHaveLeft = false, taken } of cases) {
  for (const header of ['', 'X-Other: leaves it to the HTTP server\r\n']) {
    test(`a message ${name}${header && ', over HTTP'}`, async t => {
      let port = 0;
      let passes = 0;
      const claimed = 4321;
      const owners = new SocketOwners({
        read: async (path, onPiece) => {
          if (path.endsWith('6')) return 1;
          passes++;
          let lines = 'heading\n';
          if (listener !== undefined)
            lines += `1: 0100007F:${hex(claimed)} 00000000:0000 0A 0:0 0:0 0 ${listener} 0 7\n`;
          for (let from = 1024; peer !== undefined && from < 65_536; from++) {
            lines += `1: 0100007F:${hex(from)} 0100007F:${hex(port)} 01 0:0 0:0 0 ${peer} 0 7\n`;
          }
          onPiece(Buffer.from(lines));
          return 1;
        },
      });
      const started = await startLibprocess(t, { owners, now: () => 0 });
      port = started.port;
      const received: string[] = [];
      started.libprocess.install('master', 'a.B', (_from, body) => void received.push(String(body)), { mayHaveLeft });
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      t.after(() => socket.destroy());
      const send = (body: string) =>
        socket.write(
          `POST /master/a.B HTTP/1.1\r\nUser-Agent: libprocess/slave(1)@127.0.0.1:${claimed}\r\n${header}Content-Length: ${body.length}\r\n\r\n${body}`,
        );
      for (const body of ['1', '2', '3']) send(body);
      const { counters } = started.libprocess;
      await eventually('all', () => counters.received + counters.refused === 3);
      assert.deepEqual(received, taken ? ['1', '2', '3'] : []);
      const before = passes;
      send('4');
      await eventually('one more', () => counters.received + counters.refused === 4);
      assert.equal(passes, before, 'asked once for a connection');
    });
  }
}

/** What each look into the kernel's tables finds, and which of the messages is taken, each 60 ms after the one before. */
const missed: { name: string; peers: Found[]; listeners: Found[]; mayHaveLeft?: boolean; taken: boolean[] }[] = [
  {
    name: 'the other end is found later',
    peers: [undefined, other],
    listeners: [other],
    taken: [false, false, true, true],
  },
  {
    name: 'the other end is never found',
    peers: [undefined, undefined, undefined],
    listeners: [],
    taken: [false, false, false, false, false, false],
  },
  {
    name: 'the other end is found to be root',
    peers: [undefined, 0],
    listeners: [],
    taken: [false, false, true, true],
  },
  {
    name: 'the other end is found to be somebody else',
    peers: [undefined, other],
    listeners: [other + 1],
    mayHaveLeft: true,
    taken: [true, true, false, false, false, false],
  },
  {
    name: 'the listener is found later',
    peers: [other],
    listeners: [undefined, other],
    taken: [false, false, true, true],
  },
  {
    name: 'the tables can be read later',
    peers: ['failed', other],
    listeners: [other],
    taken: [false, false, true, true],
  },
  {
    name: 'the tables cannot be read, and the sender may have left',
    peers: ['failed', 'failed'],
    listeners: [],
    mayHaveLeft: true,
    taken: [false, false, false, false],
  },
  {
    name: 'the listener can be read later',
    peers: [other],
    listeners: ['failed', other],
    taken: [false, false, true, true],
  },
];
type Found = number | undefined | 'failed';
for (const { name, peers, listeners, mayHaveLeft = false, taken } of missed) {
  test(`${name}: it is asked for again, after a while`, async t => {
    let now = 0;
    const answer = async (found: Found[]) => {
      assert.ok(found.length > 0, 'asked once too often');
      const next = found.shift();
      if (next === 'failed') throw new Error('unreadable');
      return next;
    };
    const [ofPeers, ofListeners] = [[...peers], [...listeners]];
    const owners = { ofConnection: () => answer(ofPeers), ofListener: () => answer(ofListeners) };
    const { libprocess, port } = await startLibprocess(t, { owners, now: () => now });
    libprocess.install('master', 'a.B', () => undefined, { mayHaveLeft });
    const client = rawClient(t, port);
    const { counters } = libprocess;
    const verdicts: boolean[] = [];
    for (const _ of taken) {
      const { received, refused } = counters;
      client.socket.write('POST /master/a.B HTTP/1.1\r\nUser-Agent: libprocess/slave(1)@127.0.0.1:4321\r\n\r\n');
      await eventually('verdict', () => counters.received + counters.refused > received + refused);
      verdicts.push(counters.received > received);
      now += 60;
    }
    assert.deepEqual(verdicts, taken);
    assert.deepEqual([ofPeers, ofListeners], [[], []], 'asked as often as expected');
  });
}
