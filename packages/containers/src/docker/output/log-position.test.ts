import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSince, parseLogTime } from '../engine/log-time.ts';
import { type FramePiece, logEntries } from './log-entries.ts';
import { LogCursor, LogResume } from './log-position.ts';

const at = (ns: number) => `2026-11-21T04:58:28.${String(ns).padStart(9, '0')}Z`;
const time = (ns: number) => parseLogTime(at(ns)) ?? 0n;

test('times', () => {
  assert.equal(formatSince(time(526394069)), '1795237108.526394069');
  assert.equal(parseLogTime('2026-11-21T04:58:28.5Z'), time(500000000));
  assert.equal(parseLogTime('2026-11-21T06:58:28.5+02:00'), time(500000000));
  assert.equal(parseLogTime('2026-11-21T04:58:28Z'), time(0));
  for (const text of ['', '2026', '2026-13-41T99:58:28Z', 'x']) assert.equal(parseLogTime(text), undefined, text);
});

/** Cuts a frame of the log into pieces of some bytes. */
function* frame(stream: 'stdout' | 'stderr', ns: number, text: string, size: number): Generator<FramePiece> {
  const bytes = Buffer.from(`${at(ns)} ${text}`);
  for (let start = 0; start < bytes.length; start += size)
    yield { stream, data: bytes.subarray(start, start + size), first: start === 0 };
}

async function* frames(size: number): AsyncGenerator<FramePiece> {
  yield* frame('stdout', 1, 'one\n', size);
  yield* frame('stderr', 2, 'error\n', size);
  yield* frame('stdout', 2, 'long ', size);
  yield* frame('stdout', 2, 'line\n', size);
  yield* frame('stdout', 3, 'last\n', size);
}

for (const size of [1, 7, 33, 1000]) {
  test(`a log is written once, wherever it is resumed, in pieces of ${size}`, async () => {
    const everything = { stdout: 'one\nlong line\nlast\n', stderr: 'error\n' };
    for (let entries = 0; entries <= 5; entries++) {
      // Positions are stored less often than output is written.
      for (let more = 0; more <= 8; more++) {
        const cursor = new LogCursor();
        const stored = { stdout: '', stderr: '' };
        let passed = 0;
        let open: bigint | undefined;
        for await (const piece of logEntries(frames(size))) {
          if (piece.first && open !== undefined) {
            passed++;
            if (passed <= entries) cursor.passed(open);
          }
          open = piece.time;
          const index = piece.first ? passed : passed;
          if (index < entries) stored[piece.stream] += piece.data;
        }
        if (entries === 5 && open !== undefined) cursor.passed(open);
        const behind = {
          stdout: everything.stdout.slice(stored.stdout.length).slice(0, more),
          stderr: everything.stderr.slice(stored.stderr.length).slice(0, more),
        };
        const files = { stdout: stored.stdout + behind.stdout, stderr: stored.stderr + behind.stderr };
        const written = { stdout: Buffer.from(behind.stdout), stderr: Buffer.from(behind.stderr) };
        const resume = new LogResume(cursor.position, written);
        for await (const piece of logEntries(frames(size))) files[piece.stream] += resume.rest(piece) ?? '';
        assert.deepEqual(files, everything, `${entries} entries and ${more} bytes`);
      }
    }
  });
}

test('what others wrote behind the position is left, and output follows it', async () => {
  const written = { stdout: Buffer.from('check failed\n'), stderr: Buffer.from('error\nmine\n') };
  const resume = new LogResume({ time: time(1), count: 1 }, written);
  const added = { stdout: '', stderr: '' };
  for await (const piece of logEntries(frames(1000))) added[piece.stream] += resume.rest(piece) ?? '';
  assert.deepEqual(added, { stdout: 'long line\nlast\n', stderr: '' });
});

test('a log without times is refused', async () => {
  async function* bad(): AsyncGenerator<FramePiece> {
    yield { stream: 'stdout', data: Buffer.from('no time at all\n'), first: true };
  }
  const reading = async () => {
    for await (const _ of logEntries(bad())) assert.fail('nothing is to be read');
  };
  await assert.rejects(reading, { code: 'LOG_DAMAGED', message: /docker logs/ });
});
