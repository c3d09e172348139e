import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Endpoint, type Question, SocketTable, tableAddress } from './socket-table.ts';

const HEADING = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
let number = 0;
const line = (local: string, remote: string, state: string, uid: number, inode: number) =>
  `${String(number++).padStart(4)}: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000 ${String(uid).padStart(5)}        0 ${inode} 1 0000000000000000 20 4 30 10 -1\n`;

const address = (text: string, port: number): Endpoint => ({ address: text, port });
const here = address('127.0.0.1', 5050); // 13BA
const there = address('127.0.0.1', 40_000); // 9C40
const connection: Question = { local: there, remote: here };
const listener: Question = { listening: address('10.0.0.5', 5051) }; // 13BB
const LOOPBACK = '0100007F';
const MAPPED = '0000000000000000FFFF00000100007F';

const cases: { name: string; question: Question; v4?: string[]; v6?: string[]; owner: number | undefined }[] = [
  {
    name: "the other end's socket, not this end's",
    question: connection,
    v4: [
      line(`${LOOPBACK}:13BA`, `${LOOPBACK}:9C40`, '01', 0, 11),
      line(`${LOOPBACK}:9C40`, `${LOOPBACK}:13BA`, '01', 1000, 12),
    ],
    owner: 1000,
  },
  {
    name: 'one that has said all it has to say, and keeps its socket',
    question: connection,
    v4: [line(`${LOOPBACK}:9C40`, `${LOOPBACK}:13BA`, '05', 1000, 12)],
    owner: 1000,
  },
  {
    name: 'one that was closed: the kernel shows user 0 and no inode',
    question: connection,
    v4: [line(`${LOOPBACK}:9C40`, `${LOOPBACK}:13BA`, '05', 0, 0)],
    owner: undefined,
  },
  {
    name: 'TIME_WAIT',
    question: connection,
    v4: [line(`${LOOPBACK}:9C40`, `${LOOPBACK}:13BA`, '06', 0, 0)],
    owner: undefined,
  },
  {
    name: 'one that still connects from the same address',
    question: connection,
    v4: [line(`${LOOPBACK}:9C40`, `${LOOPBACK}:13BA`, '02', 1000, 12)],
    owner: undefined,
  },
  {
    name: 'an IPv6 socket that speaks IPv4, as those of Java do',
    question: { local: address('::ffff:127.0.0.1', 40_000), remote: here },
    v4: [],
    v6: [line(`${MAPPED}:9C40`, `${MAPPED}:13BA`, '01', 1000, 12)],
    owner: 1000,
  },
  { name: 'nobody', question: connection, v4: [], owner: undefined },
  {
    name: 'who listens at the address, before who listens at all',
    question: listener,
    v4: [line('00000000:13BB', '00000000:0000', '0A', 1, 12), line('0500000A:13BB', '00000000:0000', '0A', 1000, 12)],
    owner: 1000,
  },
  {
    name: 'who listens at all addresses, with an IPv6 socket',
    question: listener,
    v4: [line('0100007F:13BB', '00000000:0000', '0A', 1, 12)],
    v6: [line(`${'0'.repeat(32)}:13BB`, `${'0'.repeat(32)}:0000`, '0A', 1000, 12)],
    owner: 1000,
  },
  {
    name: 'nobody, when somebody listens at another address',
    question: listener,
    v4: [line('0100007F:13BB', '00000000:0000', '0A', 1, 12)],
    owner: undefined,
  },
  {
    name: 'who listens at another address, of an address that is not of this machine',
    question: { ...listener, anyAddress: true },
    v4: [line('0100007F:13BB', '00000000:0000', '0A', 1, 12)],
    owner: 1,
  },
];
for (const { name, question, v4 = [], v6 = [], owner } of cases) {
  test(`finds ${name}`, () => {
    for (const size of [1, 7, 4096]) {
      const table = new SocketTable([question]);
      for (const lines of [v4, v6]) {
        const bytes = Buffer.from(HEADING + lines.join(''));
        for (let at = 0; at < bytes.length; at += size) table.push(bytes.subarray(at, at + size));
        table.endTable();
      }
      assert.equal(table.answer(question), owner, `in pieces of ${size} bytes`);
    }
  });
}

const addresses: [text: string, order: 'LE' | 'BE', expected: string][] = [
  ['127.0.0.1', 'LE', '0100007F'],
  ['127.0.0.1', 'BE', '7F000001'],
  ['::1', 'LE', '00000000000000000000000001000000'],
  ['fe80::1:2%eth0', 'LE', '000080FE000000000000000002000100'],
  ['::ffff:10.1.2.3', 'LE', '0302010A'],
];
for (const [text, order, expected] of addresses) {
  test(`the address ${text} as a machine prints it (${order})`, () =>
    assert.equal(tableAddress(text, order), expected));
}
