/** People who look at one agent through the master: files that are followed as pages do, and terminals that are typed into. */
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeTerminalOutput, encodeTerminalInput } from '@meseta/protocol';
import { WebSocket } from 'ws';
import { serve } from './serve.ts';

/** As pages read: the first time, each time, and how long they wait when there is no more. */
const FIRST_BYTES = 64 * 1024;
const PIECE_BYTES = 256 * 1024;
const PAUSE_MS = 1000;
/** How often someone types. */
const KEY_MS = 200;
const PATIENCE_MS = 30_000;

let isOver = false;
let readBytes = 0;
const echoes: number[] = [];

interface Piece {
  readonly bytes: number;
  /** The first byte after it, and of the file. */
  readonly end: number;
  readonly size: number;
}

function read(url: string, range: string): Promise<Piece> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { headers: { Range: range, 'Accept-Encoding': 'identity' } }, response => {
      let bytes = 0;
      response.on('data', (piece: Buffer) => {
        bytes += piece.length;
      });
      response.on('error', reject);
      response.on('end', () => {
        const [, end, size] = /^bytes \d+-(\d+)\/(\d+)$/.exec(response.headers['content-range'] ?? '') ?? [];
        if (response.statusCode !== 206) reject(new Error(`${url}: ${response.statusCode}`));
        else resolve({ bytes, end: Number(end) + 1, size: Number(size) });
      });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** Follows a file until all is over. @param first is called when its end has been read. */
async function tail(url: string, first: () => void): Promise<void> {
  let { end } = await read(url, `bytes=-${FIRST_BYTES}`);
  first();
  while (!isOver) {
    const piece = await read(url, `bytes=${end - 1}-${end + PIECE_BYTES - 1}`);
    end = piece.end;
    readBytes += piece.bytes;
    if (end >= piece.size) await sleep(PAUSE_MS);
  }
}

/** Types one word after the other into a terminal that repeats each, and notes how long that takes. */
async function type(url: string): Promise<void> {
  const socket = new WebSocket(url);
  let shown = '';
  let wanted: { readonly word: string; readonly found: () => void } | undefined;
  const shows = (word: string) =>
    new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no '${word}' on the terminal of ${url}`)), PATIENCE_MS);
      const found = () => {
        clearTimeout(timer);
        resolve();
      };
      wanted = { word, found };
    });
  socket.on('message', (frame: Buffer) => {
    const output = decodeTerminalOutput(frame);
    if (output.kind === 'end' || output.kind === 'taken') return;
    shown = (shown + Buffer.from(output.data).toString('latin1')).slice(-4096);
    if (wanted && shown.includes(wanted.word)) wanted.found();
  });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
    socket.once('unexpected-response', (_, { statusCode }) => reject(new Error(`${url}: ${statusCode}`)));
  });
  socket.on('error', () => undefined);
  void (async () => {
    for (let number = 0; !isOver; number++) {
      const start = performance.now();
      const answer = shows(`<${number}>`);
      socket.send(encodeTerminalInput({ kind: 'input', data: Buffer.from(`${number}\r`) }));
      await answer;
      echoes.push(performance.now() - start);
      await sleep(KEY_MS);
    }
    socket.terminate();
  })().catch(error => console.error(error));
}

const handlers = {
  /** Resolves when each of `count` readers has the end of the file. */
  tail: async ({ url, count }: { url: string; count: number }) => {
    const one = () => new Promise<void>((first, failed) => void tail(url, first).catch(failed));
    await Promise.all(Array.from({ length: count }, one));
  },
  /** Resolves when `count` terminals are open. Each repeats a line as `<line>`. */
  type: async ({ url, count }: { url: string; count: number }) => {
    await Promise.all(Array.from({ length: count }, () => type(url)));
  },
  /** Forgets what was measured so far. */
  reset: () => {
    readBytes = 0;
    echoes.length = 0;
  },
  /** What was measured: bytes that were read, and of a hundred waits for an echo the worst but one. */
  measured: () => ({
    readBytes,
    echoes: echoes.length,
    echoP99Ms: echoes.toSorted((a, b) => a - b)[Math.floor(echoes.length * 0.99)] ?? 0,
  }),
  end: () => {
    isOver = true;
  },
};
export type Readers = typeof handlers;
serve(handlers);
