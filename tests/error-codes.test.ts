/** No failure of a daemon leaves without a code of the table, and no code is in the table that nothing uses. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ERROR_HEADER, FAILURES, type FailureCode } from '@meseta/process';
import { AgentCall, ExecutorCall, MasterCall, type MessageType, SchedulerCall } from '@meseta/protocol';
import { Cluster } from './support/cluster.ts';
import type { Daemon } from './support/daemon.ts';

const packages = new URL('../packages/', import.meta.url).pathname;

test('every code is used', () => {
  const sources = globSync('*/src/**/*.ts', { cwd: packages })
    .filter(file => !/(\.test\.ts|failures\.ts)$/.test(file))
    .map(file => readFileSync(packages + file, 'utf8'));
  const unused = Object.keys(FAILURES).filter(code => !sources.some(source => source.includes(`'${code}'`)));
  assert.deepEqual(unused, []);
});

/** How often each code came; `none` for what is no failure. */
type Seen = Map<string, number>;

async function ask(seen: Seen, url: string, request: RequestInit): Promise<void> {
  const answer = await fetch(url, { redirect: 'manual', ...request });
  await answer.body?.cancel();
  const code = answer.headers.get(ERROR_HEADER);
  const about = `${request.method} ${url} ${JSON.stringify(request.headers)} ${request.body}: ${answer.status} ${code}`;
  if (answer.status < 400) assert.equal(code, null, about);
  else assert.equal(FAILURES[code as FailureCode]?.status, answer.status, about);
  seen.set(code ?? 'none', (seen.get(code ?? 'none') ?? 0) + 1);
}

interface Help {
  readonly processes: readonly { readonly id: string; readonly endpoints: readonly { readonly name: string }[] }[];
}

/** Bodies that no endpoint can read or take, by Content-Type; none of them ends or changes anything. */
const bodies: [type: string | undefined, body: string][] = [
  [undefined, ''],
  ['text/plain', '{}'],
  ['application/json', '{'],
  ['application/json', '[5]'],
  ['application/json', '{"type":"NONE"}'],
  ['application/x-protobuf', '\xff'],
  ['application/x-www-form-urlencoded', 'frameworkId=none&slaveId=none&taskId=none&resources=[]&volumes=[]'],
  ['application/x-www-form-urlencoded', 'slaveId=none&resources=5&volumes=5'],
];
const queries = ['?path=/none', '?path=/&offset=x', '?jsonp=%22', '?level=x&duration=x', '?timeout=x'];

async function walkRoutes({ origin }: Daemon, seen: Seen): Promise<void> {
  const { processes } = (await (await fetch(`${origin}/help?format=json`)).json()) as Help;
  const paths = processes.flatMap(({ id, endpoints }) =>
    endpoints.map(({ name }) => `/${id}${name === '/' ? '' : name}`),
  );
  assert.ok(paths.length > 20);
  for (const path of [...paths, '/none', '/help/files/none', '/files/none', '/api/v1/executor%00', '/..']) {
    for (const method of ['GET', 'DELETE', 'PATCH']) await ask(seen, origin + path, { method });
    for (const query of queries) await ask(seen, origin + path + query, { method: 'GET' });
    for (const [type, body] of bodies) {
      const headers = { Accept: 'text/none', ...(type && { 'Content-Type': type }) };
      for (const method of ['POST', 'PUT']) {
        await ask(seen, origin + path, { method, headers, body: Buffer.from(body, 'latin1') });
      }
    }
  }
}

/** Every call of an API by its type alone, about nothing that there is. */
async function walkCalls<T>(url: string, { byName }: MessageType<T>, seen: Seen): Promise<void> {
  const ids = { framework_id: { value: 'none' }, executor_id: { value: 'none' } };
  for (const type of byName.get('type')?.enumeration?.numberOf.keys() ?? []) {
    if (type === 'SUBSCRIBE') continue; // it has a body that does not end
    for (const call of [{ type }, { type, ...ids }, { type, [type.toLowerCase()]: {} }]) {
      const headers = { 'Content-Type': 'application/json', 'Mesos-Stream-Id': 'none' };
      await ask(seen, url, { method: 'POST', headers, body: JSON.stringify(call) });
    }
  }
}

test('no failure leaves without its code', async t => {
  const cluster = await Cluster.start(t);
  const { master, agent } = cluster;
  const seen: Seen = new Map();
  for (const daemon of [master, agent]) await walkRoutes(daemon, seen);
  await walkCalls(`${master.origin}/api/v1/scheduler`, SchedulerCall, seen);
  await walkCalls(`${master.origin}/api/v1`, MasterCall, seen);
  await walkCalls(`${agent.origin}/api/v1`, AgentCall, seen);
  await walkCalls(`${agent.origin}/api/v1/executor`, ExecutorCall, seen);
  const expected: FailureCode[] = [
    ...(['ROUTE_NOT_FOUND', 'METHOD_NOT_ALLOWED', 'CONTENT_TYPE_MISSING', 'CONTENT_TYPE_UNSUPPORTED'] as const),
    ...(['ACCEPT_UNSUPPORTED', 'BODY_MALFORMED', 'CALL_INVALID', 'CALL_NOT_BUILT', 'FRAMEWORK_NOT_FOUND'] as const),
    ...(['PARAMETER_MISSING', 'PARAMETER_INVALID', 'FILE_NOT_FOUND', 'HELP_NOT_FOUND', 'PROFILER_DISABLED'] as const),
    ...(['AGENT_UNKNOWN', 'FIELD_INVALID'] as const),
  ];
  assert.deepEqual(
    expected.filter(code => !seen.has(code)),
    [],
    JSON.stringify([...seen]),
  );
  assert.ok(!seen.has('INTERNAL_ERROR'));
});

test('an agent does not take what is nearly a path for its executors', async t => {
  const { agent } = await Cluster.start(t);
  for (const path of ['/api/v1/executor%00', '/slave(1)/api/v1/executor%00', '/api/v1%0a']) {
    const headers = { 'Content-Type': 'application/json' };
    const body = '{"type":"GET_HEALTH"}';
    assert.equal((await fetch(agent.origin + path, { method: 'POST', headers, body })).status, 404, path);
  }
});
