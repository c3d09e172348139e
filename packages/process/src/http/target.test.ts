import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { rawClient, startServer } from '../testing.ts';
import { text } from './reply.ts';
import { parseTarget } from './target.ts';

const cases: [target: string, url: string, authority?: string][] = [
  ['/state?a=b', '/state?a=b'],
  ['//evil.example/state', '//evil.example/state'],
  ['http://master:5050/state?a=http://b', '/state?a=http://b', 'master:5050'],
  ['HTTPS://[::1]/x', '/x', '[::1]'],
  ['http://master', '/', 'master'],
  ['http://master?a', '/?a', 'master'],
  ['http://user@evil.example/x', '/x', 'user@evil.example'],
  ['http:///x', 'http:///x'],
  ['ftp://master/x', 'ftp://master/x'],
  ['master:5050', 'master:5050'],
  ['*', '*'],
];
for (const [target, url, authority] of cases) {
  test(`target ${target}`, () => assert.deepEqual(parseTarget(target), { url, authority }));
}

test('a whole URL is answered as its path, and its host counts for more than Host', async t => {
  const { port } = await startServer(t, ({ url, path, query }) => text(200, `${url} ${path} ${query.get('a')}`));
  const asked: [target: string, host: string, answer: RegExp][] = [
    ['http://127.0.0.1:5050/%73tate?a=b', 'Host: proxy.example\r\n', / 200 .*\/%73tate\?a=b \/state b$/s],
    ['http://localhost', '', / 200 .*\/ \/ null$/s],
    ['http://evil.example/state', 'Host: localhost\r\n', / 403 /],
    ['http://localhost@evil.example/', 'Host: localhost\r\n', / 400 /],
    ['ftp://localhost/state', 'Host: localhost\r\n', / 400 /],
  ];
  for (const [target, host, answer] of asked) {
    const client = rawClient(t, port, `GET ${target} HTTP/1.1\r\n${host}Connection: close\r\n\r\n`);
    await eventually('end of the connection', client.ended);
    assert.match(client.text(), answer);
  }
});
