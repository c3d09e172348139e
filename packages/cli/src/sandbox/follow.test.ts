import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpAnswerError } from '@meseta/process';
import type { FileSource } from './file-source.ts';
import { follow } from './follow.ts';

/** A file whose content is, at each look, the next of these; undefined: it is not there; an error is thrown. */
class ScriptedFile implements FileSource {
  readonly #states: (string | undefined | Error)[];
  #at = 0;

  constructor(states: (string | undefined | Error)[]) {
    this.#states = states;
  }

  get atEnd(): boolean {
    return this.#at >= this.#states.length - 1;
  }

  async open(path: string, offset: number) {
    if (path !== '/f') throw new HttpAnswerError(404, '');
    const state = this.#states[Math.min(this.#at++, this.#states.length - 1)];
    if (state instanceof Error) throw state;
    if (state === undefined) throw new HttpAnswerError(404, '');
    const bytes = Buffer.from(state);
    const body = async function* () {
      if (offset < bytes.length) yield bytes.subarray(offset);
    };
    return { size: bytes.length, body: body(), cancel: async () => undefined };
  }

  async close(): Promise<void> {}
}

const broken = new Error('no connection');
const cases: [name: string, states: (string | undefined | Error)[], output: string, found?: boolean][] = [
  ['grows', ['', 'a', 'a', 'abc'], 'abc'],
  ['is not there yet', [undefined, undefined, 'a'], 'a'],
  ['is never there', [undefined], '', false],
  ['is emptied', ['first', '', 'x'], 'firstx'],
  ['is emptied and written again', ['first', 'new'], 'firstnew'],
  ['is emptied and written again beyond the offset', ['first\n', 'second\n'], 'first\nsecond\n'],
  ['is put aside for a longer one', ['abc', 'a much longer one'], 'abca much longer one'],
  ['is of an agent that is away', ['a', broken, broken, 'ab'], 'ab'],
  ['is removed and made again', ['abc', undefined, 'd'], 'abcd'],
];
for (const [name, states, output, found = true] of cases) {
  test(`a file that ${name}`, async () => {
    const source = new ScriptedFile(states);
    let written = '';
    const write = async (data: Buffer) => {
      written += data;
    };
    assert.equal(await follow({ source, path: '/f', write, ended: () => source.atEnd }), found);
    assert.equal(written, output);
  });
}

test('a file that is refused is an error', async () => {
  const source = new ScriptedFile([new HttpAnswerError(403, 'not yours')]);
  const following = follow({ source, path: '/f', write: async () => {}, ended: () => false });
  await assert.rejects(following, { status: 403 });
});
