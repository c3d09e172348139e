import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { AgentCall, AgentResponse, decode, encode, encodeRecord } from '@meseta/protocol';
import { recordedAgent, serveViews, temporaryDirectory, viewContext } from '../../testing/recorded-agent.ts';

const json = 'application/json';
const protobuf = 'application/x-protobuf';
const recordio = 'application/recordio';

interface Case {
  name: string;
  body: string | Buffer<ArrayBuffer>;
  headers?: Record<string, string>;
  status: number;
  text?: RegExp;
}

const call = (value: object) => JSON.stringify(value);
const streamed = { 'Content-Type': recordio, 'Message-Content-Type': json };
const nested = { value: 'child', parent: { value: 'root' } };
const record = (value: object) => Buffer.from(encodeRecord(call(value)));

const cases: Case[] = [
  { name: 'no Content-Type', body: '', headers: { 'Content-Type': '' }, status: 415 },
  {
    name: 'a charset that is not UTF-8',
    body: call({ type: 'GET_HEALTH' }),
    headers: { 'Content-Type': `${json}; charset=utf-16` },
    status: 415,
  },
  {
    name: 'an Accept that allows nothing',
    body: call({ type: 'GET_HEALTH' }),
    headers: { Accept: 'text/html' },
    status: 406,
    text: /^Expecting 'Accept' to allow/,
  },
  {
    name: 'Message-Accept without a stream',
    body: call({ type: 'GET_HEALTH' }),
    headers: { 'Message-Accept': json },
    status: 406,
  },
  {
    name: 'Message-Content-Type without a stream',
    body: call({ type: 'GET_HEALTH' }),
    headers: { 'Message-Content-Type': json },
    status: 415,
  },
  { name: 'a stream without Message-Content-Type', body: '', headers: { 'Content-Type': recordio }, status: 400 },
  { name: 'no JSON', body: '{"type', status: 400, text: /^Failed to parse body into JSON: / },
  { name: 'JSON that is no object', body: '[]', status: 400 },
  {
    name: 'no protobuf',
    body: '\xff\xff',
    headers: { 'Content-Type': protobuf },
    status: 400,
    text: /^Failed to parse body into a protobuf object: /,
  },
  {
    name: 'an unknown type',
    body: call({ type: 'NOPE' }),
    status: 400,
    text: /^Failed to validate agent::Call: Expecting 'type' to be present$/,
  },
  { name: 'a name of every object as type', body: call({ type: 'constructor' }), status: 400 },
  { name: 'UNKNOWN', body: call({ type: 'UNKNOWN' }), status: 501 },
  {
    name: 'GET_METRICS without its message',
    body: call({ type: 'GET_METRICS' }),
    status: 400,
    text: /Expecting 'get_metrics' to be present$/,
  },
  {
    name: 'a negative time-out',
    body: call({ type: 'GET_METRICS', get_metrics: { timeout: { nanoseconds: -1 } } }),
    status: 400,
  },
  {
    name: 'LIST_FILES without its message',
    body: call({ type: 'LIST_FILES' }),
    status: 400,
    text: /Expecting 'list_files' to be present$/,
  },
  {
    name: 'LIST_FILES of what is not there',
    body: call({ type: 'LIST_FILES', list_files: { path: '/none' } }),
    status: 404,
  },
  {
    name: 'READ_FILE of what is not there',
    body: call({ type: 'READ_FILE', read_file: { path: '/none', offset: 0 } }),
    status: 404,
  },
  { name: 'a negative offset', body: call({ type: 'READ_FILE', read_file: { path: '/x', offset: -1 } }), status: 400 },
  {
    name: 'a level that is not for long',
    body: call({ type: 'SET_LOGGING_LEVEL', set_logging_level: { level: 1, duration: { nanoseconds: -5 } } }),
    status: 400,
  },
  {
    name: 'a stream for a call that takes none',
    body: record({ type: 'GET_STATE' }),
    headers: streamed,
    status: 415,
    text: /^Streaming 'Content-Type' application\/recordio is not supported for GET_STATE call$/,
  },
  {
    name: 'an empty stream',
    body: '',
    headers: streamed,
    status: 400,
    text: /^Received EOF while reading request body$/,
  },
  { name: 'a stream that is none', body: 'hello', headers: streamed, status: 400 },
  { name: 'a record without an end', body: '12345678901234567890', headers: streamed, status: 400 },
  {
    name: 'a streaming answer where there is none',
    body: call({ type: 'GET_STATE' }),
    headers: { Accept: recordio },
    status: 406,
    text: /^Streaming response is not supported for GET_STATE call$/,
  },
  {
    name: 'ATTACH_CONTAINER_INPUT without a stream',
    body: call({ type: 'ATTACH_CONTAINER_INPUT', attach_container_input: { type: 'PROCESS_IO' } }),
    status: 415,
    text: /^Expecting 'Content-Type' to be application\/recordio for ATTACH_CONTAINER_INPUT call$/,
  },
  {
    name: 'ATTACH_CONTAINER_INPUT',
    body: record({
      type: 'ATTACH_CONTAINER_INPUT',
      attach_container_input: { type: 'CONTAINER_ID', container_id: nested },
    }),
    headers: streamed,
    status: 404,
  },
  {
    name: 'ATTACH_CONTAINER_INPUT of no type',
    body: record({ type: 'ATTACH_CONTAINER_INPUT', attach_container_input: {} }),
    headers: streamed,
    status: 400,
  },
  {
    name: 'ATTACH_CONTAINER_OUTPUT',
    body: call({ type: 'ATTACH_CONTAINER_OUTPUT', attach_container_output: { container_id: nested } }),
    headers: { Accept: recordio },
    status: 404,
  },
  {
    name: 'LAUNCH_CONTAINER of what runs',
    body: call({ type: 'LAUNCH_CONTAINER', launch_container: { container_id: { value: 'c' } } }),
    status: 202,
    text: /^$/,
  },
  {
    name: 'an id that leads elsewhere',
    body: call({ type: 'LAUNCH_CONTAINER', launch_container: { container_id: { value: '../c' } } }),
    status: 400,
    text: /'launch_container.container_id' is invalid: /,
  },
  {
    name: 'an id with a dot',
    body: call({ type: 'KILL_CONTAINER', kill_container: { container_id: { value: 'a.b' } } }),
    status: 400,
    text: /contains invalid characters$/,
  },
  {
    name: 'a parent that leads elsewhere',
    body: call({ type: 'WAIT_CONTAINER', wait_container: { container_id: { value: 'a', parent: { value: '' } } } }),
    status: 400,
    text: /'ContainerID.parent' is invalid: /,
  },
  {
    name: 'reserved resources of nobody',
    body: call({
      type: 'LAUNCH_CONTAINER',
      launch_container: {
        container_id: { value: 'c' },
        resources: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 1 }, role: 'r' }],
      },
    }),
    status: 400,
    text: /must be unreserved$/,
  },
  {
    name: 'a nested container without a parent',
    body: call({ type: 'LAUNCH_NESTED_CONTAINER', launch_nested_container: { container_id: { value: 'c' } } }),
    status: 400,
    text: /Expecting 'launch_nested_container.container_id.parent' to be present$/,
  },
  {
    name: 'KILL_NESTED_CONTAINER of what has ended',
    body: call({ type: 'KILL_NESTED_CONTAINER', kill_nested_container: { container_id: nested } }),
    status: 404,
    text: /^Container 'root.child' cannot be found \(or is already killed\)$/,
  },
  {
    name: 'a signal that there is not',
    body: call({ type: 'KILL_CONTAINER', kill_container: { container_id: nested, signal: 65 } }),
    status: 400,
    text: /'kill_container.signal' is 65, and signals are from 1 to 64$/,
  },
  {
    name: 'a container nested too deep',
    body: call({
      type: 'WAIT_CONTAINER',
      wait_container: {
        container_id: Array.from({ length: 33 }).reduce(parent => ({ value: 'a', parent }), undefined),
      },
    }),
    status: 400,
    text: /more than 32 levels are nested$/,
  },
  {
    name: 'ids that are too long together',
    body: call({
      type: 'WAIT_CONTAINER',
      wait_container: { container_id: { value: 'a'.repeat(200), parent: { value: 'b'.repeat(200) } } },
    }),
    status: 400,
    text: /with its parents it has 401 bytes, and at most 255 are allowed$/,
  },
  { name: 'PRUNE_IMAGES without images', body: call({ type: 'PRUNE_IMAGES' }), status: 200 },
  {
    name: 'PRUNE_IMAGES with an image that has no valid name',
    body: call({
      type: 'PRUNE_IMAGES',
      prune_images: { excluded_images: [{ type: 'DOCKER', docker: { name: '../x' } }] },
    }),
    status: 400,
    text: /'\.\.\/x' has an invalid name/,
  },
  {
    name: 'a provider with an id',
    body: call({
      type: 'ADD_RESOURCE_PROVIDER_CONFIG',
      add_resource_provider_config: { info: { id: { value: 'x' }, type: 't', name: 'n' } },
    }),
    status: 400,
    text: /info.id' to be unset$/,
  },
];

for (const { name, body, headers = {}, status, text } of cases) {
  test(`operator API: ${name}: ${status}`, async t => {
    const address = await serveViews(t, viewContext());
    const answer = await fetch(`${address}/slave(1)/api/v1`, {
      method: 'POST',
      headers: { 'Content-Type': json, Accept: '*/*', ...headers },
      body,
    });
    const answered = await answer.text();
    assert.equal(answer.status, status, answered);
    if (text) assert.match(answered, text);
    // The connection and the agent are fit for more.
    assert.equal((await fetch(`${address}/health`)).status, 200);
  });
}

test('every call has an object, none is refused as unknown', async t => {
  const address = await serveViews(t, viewContext());
  const types = AgentCall.byName.get('type')?.enumeration?.numberOf.keys() ?? [];
  for (const type of types) {
    if (type === 'UNKNOWN') continue;
    const answer = await fetch(`${address}/api/v1`, {
      method: 'POST',
      headers: { 'Content-Type': json },
      body: call({ type }),
    });
    const text = await answer.text();
    const known =
      answer.status === 200 || /Expecting '[a-z_]+' to be present$/.test(text) || / is not built yet: /.test(text);
    assert.ok(known, `${type}: ${answer.status} ${text}`);
  }
});

test('an agent that recovers answers 503, other methods get 405', async t => {
  const agent = recordedAgent();
  const address = await serveViews(t, viewContext(agent));
  assert.equal((await fetch(`${address}/api/v1`)).status, 405);
  agent.state = 'RECOVERING';
  for (const [path, method] of [
    ['/api/v1', 'POST'],
    ['/state', 'GET'],
  ] as const) {
    const answer = await fetch(address + path, { method });
    assert.equal(answer.status, 503);
    assert.equal(await answer.text(), 'Agent has not finished recovery');
  }
});

test('protobuf says what JSON says', async t => {
  const address = await serveViews(t, viewContext());
  const ask = async (type: string, headers: Record<string, string>, body: string | Buffer<ArrayBuffer>) => {
    const answer = await fetch(`${address}/api/v1`, { method: 'POST', headers, body });
    assert.equal(answer.status, 200, type);
    assert.equal(answer.headers.get('content-type'), headers.Accept);
    return answer;
  };
  for (const type of [
    'GET_STATE',
    'GET_CONTAINERS',
    'GET_FLAGS',
    'GET_VERSION',
    'GET_AGENT',
    'GET_OPERATIONS',
  ] as const) {
    const inJson = await ask(type, { 'Content-Type': json, Accept: json }, call({ type }));
    const request = Buffer.from(encode(AgentCall, { type }));
    const inProtobuf = await ask(type, { 'Content-Type': protobuf, Accept: protobuf }, request);
    const message = decode(AgentResponse, Buffer.from(await inProtobuf.arrayBuffer()));
    // Protobuf does not know empty lists.
    const text = (await inJson.text()).replace(/"\w+":\[\],?/g, '').replaceAll(',}', '}');
    assert.deepEqual(message, JSON.parse(text), type);
  }
});

test('the logging level is set for a while', async t => {
  const context = viewContext();
  const address = await serveViews(t, context);
  const ask = (body: object) =>
    fetch(`${address}/api/v1`, { method: 'POST', headers: { 'Content-Type': json }, body: call(body) });
  const duration = { nanoseconds: 60e9 };
  const answer = await ask({ type: 'SET_LOGGING_LEVEL', set_logging_level: { level: 2, duration } });
  assert.equal(answer.status, 200);
  assert.equal(await answer.text(), '');
  assert.equal(context.log.verbosity.level, 2);
  const { get_logging_level } = (await (await ask({ type: 'GET_LOGGING_LEVEL' })).json()) as AgentResponse;
  assert.equal(get_logging_level?.level, 2);
  context.log.verbosity.set(0, 0);
});

test('files are listed and read', async t => {
  const directory = await temporaryDirectory(t);
  await writeFile(`${directory}/stdout`, Buffer.from([104, 105, 0xff, 10]));
  const context = viewContext();
  await context.files.attach(directory, '/sandbox', () => true);
  const address = await serveViews(t, context);
  const ask = async (body: object) => {
    const headers = { 'Content-Type': json };
    const answer = await fetch(`${address}/api/v1`, { method: 'POST', headers, body: call(body) });
    return (await answer.json()) as AgentResponse;
  };
  const { list_files } = await ask({ type: 'LIST_FILES', list_files: { path: '/sandbox' } });
  assert.deepEqual(
    list_files?.file_infos?.map(({ path, size }) => [path, size]),
    [['/sandbox/stdout', 4]],
  );
  const { read_file } = await ask({ type: 'READ_FILE', read_file: { path: '/sandbox/stdout', offset: 1, length: 2 } });
  assert.deepEqual(read_file, { size: 4, data: Buffer.from([105, 0xff]).toString('base64') });
});
