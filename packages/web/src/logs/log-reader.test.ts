import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { RequestError } from '../requests/request.ts';
import { indexBefore, lineAt } from './line-at.ts';
import { LineBuffer } from './line-buffer.ts';
import { LogReader, type Piece } from './log-reader.ts';

/** A file that is read by ranges, as agents serve it. */
class FakeFile {
  bytes = Buffer.alloc(0);
  id = 'one';
  problem: RequestError | undefined;
  readonly ranges: string[] = [];

  readonly read = async (range: string): Promise<Piece> => {
    this.ranges.push(range);
    if (this.problem) throw this.problem;
    const { length: size } = this.bytes;
    const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? [];
    const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
    const end = first === '' ? size : Math.min(size, Number(last) + 1);
    return {
      bytes: this.bytes.subarray(start, Math.max(start, end)),
      start,
      size,
      fileId: size === 0 ? undefined : this.id,
    };
  };
}

/** A reader that does not wait. */
function follow(t: TestContext, file: FakeFile) {
  const reader = new LogReader(file.read);
  const running = reader.run();
  const hurry = setInterval(() => reader.retry(), 1);
  t.after(async () => {
    clearInterval(hurry);
    reader.close();
    await running;
  });
  const text = () => reader.state.lines.map(line => line.text).join('|');
  const shows = (what: string, wanted: string) => eventually(what, () => text() === wanted);
  return { reader, text, shows };
}

describe('a reader of a file', () => {
  test('begins with the end and reads on', async t => {
    const file = new FakeFile();
    file.bytes = Buffer.from(`${'early\n'.repeat(20_000)}late\n`);
    const { reader } = follow(t, file);
    await eventually('the end', () => reader.state.lines.at(-1)?.text === 'late');
    assert.equal(file.ranges[0], 'bytes=-65536');
    assert.ok(reader.state.start > 0);
    file.bytes = Buffer.concat([file.bytes, Buffer.from('later\n')]);
    await eventually('what was written since', () => reader.state.lines.at(-1)?.text === 'later');
    const { lines, shift } = reader.state;
    await reader.readEarlier();
    assert.equal(reader.state.start, 0);
    assert.equal(reader.state.shift - shift, reader.state.lines.length - lines.length);
    assert.equal(reader.state.lines.length, 20_002);
    await reader.readEarlier();
    assert.equal(reader.state.lines.length, 20_002);
  });

  test('shows a file that is empty, and what comes then', async t => {
    const file = new FakeFile();
    const { reader, shows } = follow(t, file);
    await eventually('its size', () => reader.state.size === 0);
    file.bytes = Buffer.from('first\nsec');
    await shows('the first bytes', 'first|sec');
  });

  for (const [name, answer] of [
    ['says that there is more and sends nothing', { start: 0, size: 1e15, fileId: 'one' }],
    ['says each time that it is another file', { start: 0, size: 5, fileId: undefined }],
  ] as const) {
    test(`does not ask without a pause when an agent ${name}`, async t => {
      t.mock.timers.enable({ apis: ['setTimeout'] });
      let reads = 0;
      const reader = new LogReader(async () => {
        reads++;
        return { ...answer, fileId: answer.fileId ?? String(reads), bytes: new Uint8Array() };
      });
      const running = reader.run();
      const many = async () => {
        for (let turn = 0; turn < 100; turn++) await new Promise(resolve => setImmediate(resolve));
      };
      for (const seconds of [1, 2, 3]) {
        await many();
        assert.ok(reads <= 5 + 5 * seconds, `${reads} reads`);
        t.mock.timers.tick(1000);
      }
      await many();
      assert.ok(reads >= 4, `${reads} reads`); // it goes on
      reader.close();
      await running;
    });
  }

  test('begins again when the file is truncated or rotated, and says so', async t => {
    const file = new FakeFile();
    file.bytes = Buffer.from('a\nb\nc\n');
    const { reader, shows } = follow(t, file);
    await shows('the file', 'a|b|c');
    file.bytes = Buffer.from('d\n');
    await shows('the truncated file', 'd');
    assert.equal(reader.state.broken, 'truncated');
    file.id = 'two';
    file.bytes = Buffer.from('another file\n');
    await shows('the next file', 'another file');
    assert.equal(reader.state.broken, 'rotated');
  });

  test('begins again when the file is truncated and longer than before', async t => {
    const file = new FakeFile();
    file.bytes = Buffer.from('a\nb\nc\n');
    const { reader, shows } = follow(t, file);
    await shows('the file', 'a|b|c');
    file.bytes = Buffer.from('d\ne\nf\ng\nh\n');
    await shows('the file as it is now', 'd|e|f|g|h');
    assert.equal(reader.state.broken, 'truncated');
  });

  test('takes a file that is emptied for truncated, and one that is another then for rotated', async t => {
    const file = new FakeFile();
    file.bytes = Buffer.from('a\nb\n');
    const { reader, shows } = follow(t, file);
    await shows('the file', 'a|b');
    file.bytes = Buffer.alloc(0);
    await shows('nothing', '');
    assert.equal(reader.state.broken, 'truncated');
    file.bytes = Buffer.from('c\n');
    await shows('what came', 'c');
    assert.equal(reader.state.broken, 'truncated');
    file.bytes = Buffer.alloc(0);
    await shows('nothing again', '');
    file.id = 'two';
    file.bytes = Buffer.from('d\n');
    await shows('the next file', 'd');
    assert.equal(reader.state.broken, 'rotated');
  });

  for (const read of ['readEarlier', 'readLater'] as const) {
    for (const [broken, id] of [
      ['rotated', 'two'],
      ['truncated', 'one'],
    ] as const) {
      test(`mixes no lines of two files in ${read} of one that was ${broken}`, async t => {
        const file = new FakeFile();
        const numbered = (word: string) =>
          Buffer.from(Array.from({ length: 200_000 }, (_, index) => `${word} ${index}\n`).join(''));
        file.bytes = numbered('old');
        const { reader } = follow(t, file);
        await eventually('the end', () => reader.state.lines.at(-1)?.text === 'old 199999');
        reader.goTo(file.bytes.indexOf('old 100000\n'));
        await eventually('the place', () => !reader.state.isArriving);
        const { length } = reader.state.lines;
        file.bytes = numbered('new');
        file.id = id;
        await reader[read]();
        assert.deepEqual([reader.state.outdated, reader.state.lines.length], [broken, length]);
        const reads = file.ranges.length;
        await reader[read]();
        assert.equal(file.ranges.length, reads);
        reader.follow(true);
        await eventually('the end of the new file', () => reader.state.lines.at(-1)?.text === 'new 199999');
        assert.equal(reader.state.outdated, undefined);
        assert.deepEqual(
          reader.state.lines.filter(({ text }) => !text.startsWith('new ')),
          [],
        );
      });
    }
  }

  test('stays where it is while it does not follow, and jumps to an end that is far away', async t => {
    const file = new FakeFile();
    file.bytes = Buffer.from('a\n');
    const { reader, text, shows } = follow(t, file);
    await shows('the file', 'a');
    reader.follow(false);
    const reads = file.ranges.length;
    file.bytes = Buffer.concat([file.bytes, Buffer.alloc(20 * 1024 * 1024, 'x\n'), Buffer.from('end\n')]);
    await reader.readEarlier();
    assert.ok(file.ranges.length <= reads + 1); // one may have been under way
    assert.equal(text(), 'a');
    reader.follow(true);
    await eventually('the end', () => reader.state.lines.at(-1)?.text === 'end');
    assert.ok(file.ranges.length < reads + 5);
    assert.ok(reader.state.start > 20_000_000);
  });

  test('says why the file cannot be read, keeps what it has, and goes on', async t => {
    const file = new FakeFile();
    file.bytes = Buffer.from('a\n');
    const { reader, shows } = follow(t, file);
    await shows('the file', 'a');
    file.problem = new RequestError('The agent is away', { status: 502, code: 'AGENT_UNREACHABLE' });
    await eventually('the problem', () => reader.state.problem?.status === 502);
    await shows('the file still', 'a');
    file.problem = undefined;
    file.bytes = Buffer.from('a\nb\n');
    await shows('the rest', 'a|b');
    assert.equal(reader.state.problem, undefined);
  });

  test('goes to a place, reads on from there, and follows again when it is told to', async t => {
    const file = new FakeFile();
    const lines = Array.from({ length: 200_000 }, (_, index) => `line ${index}\n`);
    file.bytes = Buffer.from(lines.join(''));
    const { reader } = follow(t, file);
    await eventually('the end', () => reader.state.end === file.bytes.length);
    const place = file.bytes.indexOf('line 100000\n');
    reader.goTo(place);
    assert.deepEqual([reader.state.isFollowing, reader.state.isArriving], [false, true]);
    await eventually('the place', () => !reader.state.isArriving);
    const { start, end, goal } = reader.state;
    assert.ok(start < place && place < end && end < file.bytes.length);
    assert.deepEqual(goal, { offset: place });
    assert.equal(reader.state.lines[lineAt(reader.state.lines, place) ?? 0]?.text, 'line 100000');
    const reads = file.ranges.length;
    reader.goTo(place + 12);
    assert.deepEqual([reader.state.isArriving, reader.state.goal], [false, { offset: place + 12 }]);
    assert.equal(file.ranges.length, reads);
    await reader.readLater();
    assert.ok(reader.state.end > end);
    assert.equal(reader.state.start, start);
    reader.follow(true);
    await eventually('the end again', () => reader.state.lines.at(-1)?.text === 'line 199999');
    await reader.readLater();
    assert.equal(reader.state.goal, undefined);
  });

  test('begins at a place, or at the end of a file that does not have it', async t => {
    const file = new FakeFile();
    file.bytes = Buffer.from('line\n'.repeat(100_000));
    for (const at of [0, 250_000, 499_999, 10_000_000]) {
      const reader = new LogReader(file.read, at);
      const running = reader.run();
      t.after(async () => {
        reader.close();
        await running;
      });
      await eventually(`the place ${at}`, () => !reader.state.isArriving);
      const { start, end, isFollowing } = reader.state;
      const seen = Math.min(at, file.bytes.length - 1);
      assert.ok(start <= seen && seen < end, `${start} to ${end} for ${at}`);
      assert.equal(isFollowing, false);
    }
  });
});

test('a place is in the line that has it', () => {
  const buffer = new LineBuffer(100);
  buffer.append(Buffer.from('one\ntwo\nthree'));
  const { lines } = buffer;
  const cases = [99, 100, 103, 104, 108, 112, 113, undefined].map(at => lineAt(lines, at));
  assert.deepEqual(cases, [undefined, 0, 0, 1, 2, 2, undefined, undefined]);
  assert.deepEqual([indexBefore(lines, 50), indexBefore(lines, 500), indexBefore([], 1)], [-1, 2, -1]);
});
