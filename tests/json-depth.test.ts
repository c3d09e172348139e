/** Checks that daemons accept JSON from others that is nested 150 levels deep, and refuse 300. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlagError, parseFlags } from '@meseta/flags';
import { masterFlags } from '@meseta/master';
import { Cluster } from './support/cluster.ts';

const nested = (depth: number) => `${'{"a":'.repeat(depth - 1)}1${'}'.repeat(depth - 1)}`;
const tooDeep = /JSON must not be nested deeper than 200 levels/;

test('calls and endpoints', async t => {
  const { master, agent } = await Cluster.start(t);
  const call = (type: string) => (unknown: string) => `{"type":"${type}","unknown":${unknown}}`;
  const form = (name: string) => (unknown: string) =>
    new URLSearchParams({ slaveId: 'x', [name]: `[${unknown}]` }).toString();
  const asked: [url: string, body: (unknown: string) => string, method?: string][] = [
    [`${master.origin}/api/v1`, call('SUBSCRIBE')],
    [`${master.origin}/api/v1`, call('GET_HEALTH')],
    [`${master.origin}/api/v1/scheduler`, call('REVIVE')],
    [`${agent.origin}/api/v1`, call('GET_HEALTH')],
    [`${agent.origin}/api/v1/executor`, call('HEARTBEAT')],
    [`${master.origin}/maintenance/schedule`, unknown => `{"unknown":${unknown}}`],
    [`${master.origin}/machine/down`, unknown => `[${unknown}]`],
    [`${master.origin}/weights`, unknown => `[${unknown}]`, 'PUT'],
    [`${master.origin}/quota`, unknown => `{"role":"a","unknown":${unknown}}`],
    [`${master.origin}/reserve`, form('resources')],
    [`${master.origin}/create-volumes`, form('volumes')],
  ];
  for (const [url, body, method = 'POST'] of asked) {
    const ask = async (depth: number) => {
      const gone = new AbortController();
      const headers = { 'Content-Type': 'application/json' };
      const answer = await fetch(url, { method, headers, body: body(nested(depth)), signal: gone.signal });
      const said = answer.status === 200 ? '' : await answer.text();
      gone.abort(); // a stream does not end by itself
      return { status: answer.status, said };
    };
    assert.doesNotMatch((await ask(149)).said, tooDeep, url);
    for (const depth of [299, 100_000]) {
      const { status, said } = await ask(depth);
      assert.equal(status, 400, url);
      assert.match(said, tooDeep, url);
    }
  }
});

test('flags', () => {
  const parse = (depth: number) =>
    parseFlags(masterFlags, [`--acls=${nested(depth)}`, `--firewall_rules=${nested(depth)}`]);
  assert.throws(
    () => parse(300),
    (error: Error) => error instanceof FlagError && tooDeep.test(error.message),
  );
});
