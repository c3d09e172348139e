/** `meseta agents` of masters that do not let it read the registry, where unreachable agents are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { empty, failure, HttpServer, json, type Request, type Response } from '@meseta/process';
import { meseta } from './support/meseta.ts';

const registries: { name: string; answer: () => Response; code: number; stderr: RegExp }[] = [
  { name: 'may not be read', answer: () => failure('NOT_AUTHORIZED', ''), code: 0, stderr: /^$/ },
  {
    name: 'cannot be read',
    answer: () => failure('INTERNAL_ERROR', 'The disk is full.\n'),
    code: 1,
    stderr: /^meseta agents: The disk is full\. \(INTERNAL_ERROR\)\n$/,
  },
];
for (const { name, answer, code, stderr } of registries) {
  test(`meseta agents where the registry ${name}`, async t => {
    const handler = ({ path }: Request) => {
      if (path === '/master/health') return empty(200);
      return path === '/registrar(1)/registry' ? answer() : json({ type: 'GET_AGENTS', get_agents: { agents: [] } });
    };
    const server = new HttpServer({ handler, report: () => undefined });
    const { port } = await server.listen('127.0.0.1', 0);
    t.after(() => server.close(0));
    const finished = await meseta('agents', '--master', `127.0.0.1:${port}`);
    assert.equal(finished.code, code);
    assert.match(finished.stderr, stderr);
  });
}
