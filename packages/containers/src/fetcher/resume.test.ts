/** Downloads that break off, from real servers that can send the rest, or not. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { bench, cacheBench } from './testing/bench.ts';
import { countingServer } from './testing/counting-server.ts';

const failed = { code: 'FETCH', message: /exited with status 1/ };
const contents = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
const quick = { resumePauseMs: 1 };

/** What a server does otherwise than sending all that it is asked for. */
interface Habit {
  /** The bytes that it sends of an answer before it breaks the connection off; undefined: all. */
  readonly breaks?: (count: number) => number | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of an answer with a part. */
  readonly answer?: (response: ServerResponse, from: number) => unknown;
  /** Stops to send instead of breaking off. */
  readonly stalls?: true;
}

/** A server of a file in parts. */
async function partialServer(t: TestContext, { breaks, headers, answer, stalls }: Habit) {
  const asked: IncomingMessage['headers'][] = [];
  const server = await countingServer(t, (response, count, request) => {
    asked.push(request.headers);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const usual = headers ?? { 'accept-ranges': 'bytes', etag: '"one"' };
    if (from > 0 && answer !== undefined) return answer(response, from);
    const body = contents.subarray(from);
    const range = { 'content-range': `bytes ${from}-${contents.length - 1}/${contents.length}` };
    response.writeHead(from > 0 ? 206 : 200, { ...usual, ...(from > 0 && range), 'content-length': body.length });
    const length = breaks?.(count);
    if (length === undefined) return response.end(body);
    response.write(body.subarray(0, length), () => stalls || response.destroy());
  });
  return { ...server, asked };
}

const once = (count: number) => (count === 1 ? 100_000 : undefined);

for (const stalls of [undefined, true] as const) {
  test(`goes on after a connection that ${stalls ? 'stalls' : 'breaks off'}`, async t => {
    const { fetch, read, sandbox } = await bench(t, { ...quick, ...(stalls && { stallTimeoutMs: 2000 }) });
    const { url, asked } = await partialServer(t, { breaks: once, ...(stalls && { stalls }) });
    await fetch({ value: `${url}/file`, output_file: 'd/file' });
    assert.ok(contents.equals(await readFile(`${sandbox}/d/file`)));
    assert.equal(asked.length, 2);
    assert.match(asked[1]?.range ?? '', /^bytes=\d+-$/);
    assert.equal(asked[1]?.['if-range'], '"one"');
    const why = stalls ? 'stalled: .* sent nothing for 2 s' : 'broke the connection off';
    assert.match(await read('stderr'), new RegExp(`^Resuming \\S+/file: .*${why}.* \\(1 of 5\\)\\nFetched \\S+\\n$`));
  });
}

test('goes on again and again while it gets on, also with errors of the server in between', async t => {
  const { fetch, read, sandbox } = await bench(t, quick);
  const { url, count } = await partialServer(t, {
    breaks: number => (number <= 3 ? 50_000 : undefined),
    answer: (response, from) => {
      if (count() === 2) return response.writeHead(503).end();
      const range = `bytes ${from}-${contents.length - 1}/${contents.length}`;
      response.writeHead(206, { 'content-range': range }).end(contents.subarray(from));
    },
  });
  await fetch({ value: `${url}/file` });
  assert.ok(contents.equals(await readFile(`${sandbox}/file`)));
  assert.match(await read('stderr'), /^Resuming .*\(1 of 5\)\nResuming .*status 503.*\(2 of 5\)\nFetched .*\n$/);
});

const refusals: [name: string, habit: Habit, said: RegExp, requests: number][] = [
  [
    'a server that does not offer it',
    { breaks: once, headers: {} },
    /broke the connection off: .* \(the server does not offer to send the rest\)\n/,
    1,
  ],
  ['a server that never gets on', { breaks: () => 1 }, /broke the connection off: .* \(it was resumed 5 times\)\n/, 6],
  [
    'a file that has changed',
    { breaks: once, answer: response => response.writeHead(200).end('other') },
    /The connection broke, and the download cannot go on: the server has another file in its place now\n/,
    2,
  ],
  [
    'another part',
    { breaks: once, answer: response => response.writeHead(206, { 'content-range': 'bytes 0-9/10' }).end('x') },
    /cannot go on: the server sent another part than it was asked for\n/,
    2,
  ],
  ['a file that is gone', { breaks: once, answer: response => response.writeHead(404).end() }, /status 404/, 2],
];
for (const [name, habit, said, requests] of refusals) {
  test(`ends with a reason: ${name}`, async t => {
    const { fetch, list, read } = await bench(t, quick);
    const { url, count } = await partialServer(t, habit);
    await assert.rejects(fetch({ value: `${url}/file` }), failed);
    assert.match(await read('stderr'), said);
    assert.deepEqual(await list(), []);
    assert.equal(count(), requests);
  });
}

test('the cache goes on, too', async t => {
  const { container } = await cacheBench(t, { options: quick });
  const { url, count } = await partialServer(t, { breaks: once });
  const { fetch, read, sandbox } = await container('a');
  await fetch({ value: `${url}/file`, cache: true });
  assert.ok(contents.equals(await readFile(`${sandbox}/file`)));
  assert.match(await read('stderr'), /^Resuming .*\nFetched \S+ through the agent's cache\n$/);
  assert.equal(count(), 2);
});

test('a cancelled fetch does not go on', async t => {
  const { fetch, fetcher, read } = await bench(t, { ...quick, resumePauseMs: 3_600_000 });
  const { url, count } = await partialServer(t, { breaks: () => 1 });
  const fetching = assert.rejects(fetch({ value: `${url}/file` }), { code: 'DESTROYED' });
  await eventually('it waits for the second try', async () => (await read('stderr')).includes('(2 of 5)'));
  fetcher.cancel('c' as never);
  await fetching;
  assert.equal(count(), 2);
});

test('the sandbox says how far long transfers are, also to those who wait for the cache', async t => {
  const { container } = await cacheBench(t, { options: { progressMs: 20 } });
  const finish: (() => void)[] = [];
  const { url } = await countingServer(t, (response, _, request) => {
    const known = request.url === '/known';
    response.writeHead(200, known ? { 'content-length': 4096 } : {}).write('x'.repeat(1024));
    finish.push(() => response.end('x'.repeat(3072)));
  });
  const [a, b] = [await container('a'), await container('b')];
  const known = { value: `${url}/known`, cache: true };
  const fetches = [a.fetch(known, { value: `${url}/unknown` }), b.fetch(known)];
  for (const { read } of [a, b]) {
    await eventually('it says so', async () =>
      /^Fetching \S+\/known: 1\.0KB of 4\.0KB \(25%\), \S+B\/s$/m.test(await read('stderr')),
    );
  }
  await eventually('it says so without a size', async () =>
    /^Fetching \S+\/unknown: \d\S* so far, \S+B\/s$/m.test(await a.read('stderr')),
  );
  for (const each of finish) each();
  await Promise.all(fetches);
});
