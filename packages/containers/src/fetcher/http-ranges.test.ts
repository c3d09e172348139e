import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentLength, type Headers, rangeProblem, resumable } from './http-ranges.ts';

const date = 'Sun, 29 Nov 2026 10:00:00 GMT';
const earlier = 'Sun, 29 Nov 2026 09:00:00 GMT';
const ranges = { 'accept-ranges': 'bytes' };

const files: [name: string, headers: Headers, validator: string | undefined][] = [
  ['a tag', { ...ranges, etag: '"a"' }, '"a"'],
  ['a tag and a time', { ...ranges, etag: '"a"', date, 'last-modified': earlier }, '"a"'],
  ['a time', { ...ranges, date, 'last-modified': earlier }, earlier],
  ['a weak tag and a time', { ...ranges, etag: 'W/"a"', date, 'last-modified': earlier }, earlier],
  ['a weak tag', { ...ranges, etag: 'W/"a"' }, undefined],
  ['a change in the same second', { ...ranges, date, 'last-modified': date }, undefined],
  ['a time without that of the answer', { ...ranges, 'last-modified': earlier }, undefined],
  ['no ranges', { etag: '"a"' }, undefined],
  ['ranges of something else', { 'accept-ranges': 'none', etag: '"a"' }, undefined],
  ['nothing to know the file by', ranges, undefined],
];
for (const [name, headers, validator] of files) {
  test(`can be resumed: ${name}`, () => assert.equal(resumable(headers)?.validator, validator));
}

const answers: [status: number, range: string | undefined, problem: RegExp | undefined][] = [
  [206, 'bytes 10-99/100', undefined],
  [206, 'bytes 10-99/*', undefined],
  [206, 'bytes 0-99/100', /another part/],
  [206, undefined, /another part/],
  [206, 'bytes 10-49/50', /another size/],
  [200, undefined, /another file/],
  [416, 'bytes */5', /another file/],
  [403, undefined, /status 403/],
];
for (const [statusCode, range, problem] of answers) {
  test(`the answer ${statusCode} with ${range} to a request for the rest`, () => {
    const headers = range === undefined ? {} : { 'content-range': range };
    const said = rangeProblem({ statusCode, headers }, 10, 100);
    if (problem === undefined) assert.equal(said, undefined);
    else assert.match(said ?? '', problem);
  });
}

for (const [length, bytes] of [
  ['12', 12],
  ['-1', undefined],
  ['1e3', undefined],
  ['9'.repeat(30), undefined],
] as const) {
  test(`the length '${length}'`, () => assert.equal(contentLength({ 'content-length': length }), bytes));
}
