/** Wrong input is refused in words that say what is wrong, where, and what may be there; and it changes nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AgentCall, ExecutorCall, MasterCall, type MessageType, SchedulerCall } from '@meseta/protocol';
import { Cluster } from './support/cluster.ts';
import type { Daemon } from './support/daemon.ts';
import { anyMessage, wrongMessages } from './support/wrong-values.ts';

/** Words of the language or of libraries, which say nothing to who calls. */
const foreign =
  /Unexpected (token|end|non)|Cannot read|undefined|\[object|NaN|is not (valid JSON|iterable|a function)|[A-Z]\w+Error\b|\bat .*:\d+/;

const json = { 'Content-Type': 'application/json', Accept: 'application/json' };

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function ask(url: string, request: RequestInit = {}): Promise<Answer> {
  const answer = await fetch(url, request);
  return { status: answer.status, text: await answer.text() };
}

const post = (url: string, message: unknown) =>
  ask(url, { method: 'POST', headers: json, body: JSON.stringify(message) });

/** What an operator could have changed. */
async function settings({ origin }: Daemon): Promise<string> {
  const shown = ['/weights', '/quota', '/maintenance/schedule', '/maintenance/status', '/logging/toggle'].map(path =>
    ask(origin + path),
  );
  const { slaves } = JSON.parse((await ask(`${origin}/slaves`)).text) as { slaves: { id: string; active: boolean }[] };
  return JSON.stringify([await Promise.all(shown), slaves.map(({ id, active }) => [id, active])]);
}

/** Every call of an API with every field wrong in turn. */
async function askWrongly<T>(url: string, type: MessageType<T>, depth: number): Promise<number> {
  const fixed = anyMessage(type as MessageType<unknown>, 0);
  let asked = 0;
  for (const name of type.byName.get('type')?.enumeration?.numberOf.keys() ?? []) {
    const part = type.byName.get(name.toLowerCase());
    if (part?.message === undefined) continue;
    const call = (value: unknown) => post(url, { ...fixed, type: name, [part.name]: value });
    const refused = async (value: unknown, place: string) => {
      const { status, text } = await call(value);
      const about = `${name} ${JSON.stringify(value)}: ${status} ${text}`;
      assert.equal(status, 400, about);
      assert.ok(
        text.includes(`'${place}'`) || text.endsWith(`Missing required fields: ${place}`),
        `${place} in ${about}`,
      );
      assert.doesNotMatch(text, foreign, about);
      asked++;
    };
    for (const value of ['x', 5, true, [5]]) await refused(value, part.name);
    for (const { message, place } of wrongMessages(part.message, depth))
      await refused(message, `${part.name}.${place}`);
  }
  return asked;
}

interface Case {
  readonly path: string;
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly status?: number;
  readonly text: string | RegExp;
}

const noList = 'Unexpected JSON type parsed, expecting a list';
const noDuration = 'expecting a number and a unit, such as 5secs';
const ofMaster: Case[] = [
  { path: '/weights', method: 'PUT', body: '{}', text: `Failed to parse update weights request JSON '{}': ${noList}` },
  {
    path: '/weights',
    method: 'PUT',
    body: '[{"weight":1},5]',
    text: `Failed to convert weights JSON array to protobuf '[{"weight":1},5]': Expecting a JSON object at [1]`,
  },
  {
    path: '/weights',
    method: 'PUT',
    body: '[{"role":"r"}]',
    text: `Failed to convert weights JSON array to protobuf '[{"role":"r"}]': Missing required fields: [0].weight`,
  },
  {
    path: '/quota',
    body: '{"role":"r","guarantee":[{"name":"cpus","type":"BOGUS"}]}',
    text: /^Failed to validate set quota request JSON '.*': Failed to find enum for 'BOGUS' in field 'guarantee\[0\]\.type', which is one of SCALAR, RANGES, SET, TEXT$/,
  },
  { path: '/machine/down', body: '{"hostname":"h"}', text: noList },
  { path: '/machine/up', body: '[[]]', text: 'Expecting a JSON object at [0]' },
  {
    path: '/machine/down',
    body: '[{"hostname":"h"},{"ip":7}]',
    text: "Not expecting a JSON number for field '[1].ip', which is a string",
  },
  { path: '/maintenance/schedule', body: 'x', text: 'syntax error at line 1 near: x' },
  {
    path: '/maintenance/schedule',
    body: '{"windows":[{"machine_ids":[{"hostname":"h"}],"unavailability":{"start":{"nanoseconds":"soon"}}}]}',
    text: "Not expecting a JSON string for field 'windows[0].unavailability.start.nanoseconds', which is a number",
  },
  {
    path: '/reserve',
    body: 'slaveId=x&resources=[{"name":"cpus","type":"SCALAR","scalar":{"value":"z"}}]',
    text: "Error parsing 'resources' query parameter in the request body: Not expecting a JSON string for field '[0].scalar.value', which is a number",
  },
  {
    path: '/destroy-volumes',
    body: 'slaveId=x&volumes={}',
    text: `Error in parsing 'volumes' query parameter in the request body: ${noList}`,
  },
  {
    path: '/api/v1',
    headers: json,
    body: '{"type":"LIST_FILES","list_files":{"path":"/etc"}}',
    status: 404,
    text: "There is no '/etc' here: see 'list_files.path'",
  },
];
const ofBoth: Case[] = [
  { path: '/state?jsonp=1', method: 'GET', text: "Parameter 'jsonp' must be the name of a function" },
  {
    path: '/metrics/snapshot?timeout=x',
    method: 'GET',
    text: `Invalid timeout 'x': Invalid duration 'x': ${noDuration}.\n`,
  },
  { path: '/logging/toggle?level=x&duration=1secs', text: "Invalid level 'x': expecting a number.\n" },
  {
    path: '/logging/toggle?level=1&duration=-1secs',
    text: `Failed to parse duration: Invalid duration '-1secs': ${noDuration}.\n`,
  },
  {
    path: '/api/v1',
    headers: { ...json, 'Content-Encoding': 'br' },
    body: '{}',
    status: 415,
    text: "Unsupported 'Content-Encoding' of the request body: expecting gzip, deflate or none",
  },
  {
    path: '/api/v1',
    headers: { ...json, 'Content-Encoding': 'gzip' },
    body: '{}',
    text: "Failed to unpack the request body: it is not what 'Content-Encoding' says",
  },
  {
    path: '/api/v1',
    headers: { 'Content-Type': 'application/x-protobuf' },
    body: 'zz',
    text: /^Failed to parse body into (Call protobuf|a protobuf object): Truncated message$/,
  },
  {
    path: '/api/v1',
    headers: json,
    body: '{"type":',
    text: 'Failed to parse body into JSON: syntax error at line 1 near: ',
  },
];

test('wrong input is refused in words of ours and changes nothing', async t => {
  const { master, agent } = await Cluster.start(t);
  const before = await settings(master);

  for (const [name, url, type, depth] of [
    ['operator calls of the master', `${master.origin}/api/v1`, MasterCall, 2],
    ['scheduler calls', `${master.origin}/api/v1/scheduler`, SchedulerCall, 1],
    ['operator calls of the agent', `${agent.origin}/api/v1`, AgentCall, 1],
    ['executor calls', `${agent.origin}/api/v1/executor`, ExecutorCall, 1],
  ] as const) {
    await t.test(name, async () => {
      const asked = await askWrongly(url, type as MessageType<unknown>, depth);
      assert.ok(asked > 50, `asked ${asked} times`);
    });
  }

  for (const [daemon, cases] of [
    [master, [...ofMaster, ...ofBoth]],
    [agent, ofBoth],
  ] as const) {
    for (const { path, method = 'POST', body, headers = {}, status = 400, text } of cases) {
      await t.test(`${method} ${path} ${body ?? ''}`, async () => {
        const answer = await ask(daemon.origin + path, { method, headers, ...(body !== undefined && { body }) });
        if (typeof text === 'string') assert.equal(answer.text, text);
        else assert.match(answer.text, text);
        assert.equal(answer.status, status);
        assert.doesNotMatch(answer.text, foreign);
      });
    }
  }
  assert.equal(await settings(master), before);
  assert.doesNotMatch(master.log + agent.log, /^E\d/m);
});
