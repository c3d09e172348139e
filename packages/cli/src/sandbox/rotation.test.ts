/** Logs that are rotated, compressed, copied and truncated while they are read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { HttpAnswerError } from '@meseta/process';
import type { FilePart, FileSource } from './file-source.ts';
import { follow } from './follow.ts';
import { LogReader } from './log-reader.ts';
import { RotatedFiles } from './rotated-files.ts';
import { beginning } from './tail.ts';

interface StoredFile {
  readonly id: string;
  data: Buffer;
}

/** A directory with a log that is rotated as logrotate does it, whose agent tells ids, or none as one of Apache Mesos. */
class Rotated implements FileSource {
  readonly files = new Map<string, StoredFile>();
  readonly #tellsIds: boolean;
  #made = 0;
  /** Called before each file is opened. */
  meanwhile: () => void = () => undefined;

  constructor(tellsIds = true) {
    this.#tellsIds = tellsIds;
  }

  append(text: string): void {
    const file = this.files.get('log') ?? this.#make('log', '');
    file.data = Buffer.concat([file.data, Buffer.from(text)]);
  }

  #make(name: string, contents: string | Buffer): StoredFile {
    const file = { id: String(this.#made++), data: Buffer.from(contents) };
    this.files.set(name, file);
    return file;
  }

  /** Gives all files their next names; the one that is written by a copy, if wanted. */
  rotate({ copies = false, keep = 1000 } = {}): void {
    if (this.files.get('log')?.data.length === 0) return;
    const ages = [...this.files.keys()].map(name => Number(/^log\.(\d+)/.exec(name)?.[1] ?? 0));
    for (let age = Math.max(...ages); age > 0; age--) {
      for (const end of ['', '.gz']) this.#rename(`log.${age}${end}`, age < keep ? `log.${age + 1}${end}` : undefined);
    }
    const file = this.files.get('log');
    if (!file) return;
    if (copies) {
      this.#make('log.1', file.data);
      file.data = Buffer.alloc(0);
    } else this.#rename('log', 'log.1');
  }

  #rename(from: string, to: string | undefined): void {
    const file = this.files.get(from);
    this.files.delete(from);
    if (file && to !== undefined) this.files.set(to, file);
  }

  compress(age: number): void {
    const file = this.files.get(`log.${age}`);
    if (!file) return;
    this.files.delete(`log.${age}`);
    this.#make(`log.${age}.gz`, gzipSync(file.data));
  }

  async open(path: string, offset: number, end = Number.POSITIVE_INFINITY): Promise<FilePart> {
    this.meanwhile();
    const file = this.files.get(path);
    if (!file) throw new HttpAnswerError(404, path);
    const { data, id } = file;
    const body = async function* () {
      if (offset < Math.min(end, data.length)) yield data.subarray(offset, Math.min(end, data.length));
    };
    return { size: data.length, ...(this.#tellsIds && { id }), body: body(), cancel: async () => undefined };
  }

  async close(): Promise<void> {}

  /** Reads all that there is, as a follower does that has just looked. */
  async drain(reader: LogReader, write: (data: Buffer) => Promise<void>): Promise<void> {
    const missing = (error: unknown) => {
      if (error instanceof HttpAnswerError) return false;
      throw error;
    };
    while (await reader.read(write).catch(missing));
  }
}

/** Returns what is wrong from the first difference on. */
function diff(read: string, written: string): string {
  if (read === written) return '';
  const at = [...written].findIndex((char, index) => char !== read[index]);
  return `${JSON.stringify(read.slice(at - 40, at + 80))} instead of ${JSON.stringify(written.slice(at - 40, at + 80))}`;
}

/** A generator of numbers from 0 to 1. */
function randomFrom(seed: number): () => number {
  let state = seed * 2 + 1;
  return () => {
    state = (state * 48_271) % 0x7fffffff;
    return state / 0x7fffffff;
  };
}

for (const [kind, copies, tellsIds] of [
  ['renames', false, true],
  ['copies', true, true],
  ['renames, on an agent of Apache Mesos', false, false],
] as const) {
  test(`no byte is lost or repeated, whenever a log is rotated and compressed: ${kind}`, async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = randomFrom(seed);
      const log = new Rotated(tellsIds);
      const reader = new LogReader(new RotatedFiles(log, 'log'), { age: 0, offset: 0 });
      let [written, read, line] = ['', '', 0];
      const write = async (data: Buffer) => {
        read += data;
      };
      const act = () => {
        const what = random();
        if (what < 0.6 || !log.files.has('log')) {
          const text = `line ${line++} of ${seed}\n`.repeat(1 + Math.floor(random() * 3));
          log.append(text);
          written += text;
        } else if (what < 0.8) log.rotate({ copies });
        else log.compress(1 + Math.floor(random() * 3));
      };
      act();
      await log.drain(reader, write);
      for (let round = 0; round < 20; round++) {
        for (let count = random() * 6; count > 0; count--) act();
        // Not for copies: what is written between a copy and the truncation is lost by logrotate itself. Without ids, a
        // rotation in the middle of a look may be overlooked.
        log.meanwhile = () => {
          if (!copies && tellsIds && random() < 0.1) act();
        };
        for (let count = 0; count < 3; count++) await reader.read(write).catch(() => false);
        log.meanwhile = () => undefined;
      }
      if (!log.files.has('log')) log.append('');
      await log.drain(reader, write);
      assert.equal(diff(read, written), '', `seed ${seed}`);
    }
  });
}

test('what was rotated away before it was read is missing, and nothing else', async () => {
  const log = new Rotated();
  const reader = new LogReader(new RotatedFiles(log, 'log'), { age: 0, offset: 0 });
  let read = '';
  const write = async (data: Buffer) => {
    read += data;
  };
  log.append('first\n');
  await log.drain(reader, write);
  for (const text of ['lost\n', 'kept\n', 'kept, too\n', 'last\n']) {
    log.rotate({ keep: 2 });
    log.append(text);
  }
  await log.drain(reader, write);
  assert.equal(read, 'first\nkept\nkept, too\nlast\n');
});

test('a file that is emptied is read again, but not the older ones', async () => {
  const log = new Rotated();
  log.append('old\n');
  log.rotate();
  log.append('first\n');
  const reader = new LogReader(new RotatedFiles(log, 'log'), { age: 0, offset: 0 });
  let read = '';
  const write = async (data: Buffer) => {
    read += data;
  };
  await log.drain(reader, write);
  log.files.get('log')!.data = Buffer.from('new\n');
  await log.drain(reader, write);
  assert.equal(read, 'first\nnew\n');
});

/** Three files: `1…3` compressed, `4 5` and the beginning of 6, the rest of that and 7. */
function three(): Rotated {
  const log = new Rotated();
  log.append('1\n2\n3\n');
  log.rotate();
  log.append('4\n5\nsi');
  log.rotate();
  log.append('x\n7\n');
  log.compress(2);
  return log;
}

const tails: [part: { lines?: number; bytes?: number }, output: string][] = [
  [{}, '1\n2\n3\n4\n5\nsix\n7\n'],
  [{ lines: 0 }, ''],
  [{ lines: 1 }, '7\n'],
  [{ lines: 2 }, 'six\n7\n'],
  [{ lines: 3 }, '5\nsix\n7\n'],
  [{ lines: 4 }, '4\n5\nsix\n7\n'],
  [{ lines: 5 }, '3\n4\n5\nsix\n7\n'],
  [{ lines: 100 }, '1\n2\n3\n4\n5\nsix\n7\n'],
  [{ bytes: 3 }, '\n7\n'],
  [{ bytes: 5 }, 'ix\n7\n'],
  [{ bytes: 100 }, '1\n2\n3\n4\n5\nsix\n7\n'],
];
for (const [part, output] of tails) {
  test(`the last ${JSON.stringify(part)} of a log in three files`, async () => {
    const log = three();
    const { begin, size } = await beginning(new RotatedFiles(log, 'log'), part);
    let read = '';
    const write = async (data: Buffer) => {
      read += data;
    };
    await follow({ source: log, path: 'log', begin, most: size, write, ended: () => true });
    assert.equal(read, output);
    assert.equal(size, output.length);
  });
}
