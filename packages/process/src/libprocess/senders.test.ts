import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { SocketOwners } from '../owners/socket-owners.ts';
import { eventually, startLibprocess } from '../testing.ts';

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
      const started = await startLibprocess(t, { owners });
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
