import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import * as protocol from '../index.ts';
import { decode, encode, fromJson, parseJson, TaskInfo, TaskStatus, ValueSet } from '../index.ts';
import { findMessageType } from '../testing/index.ts';

interface Recorded {
  start_line: string;
  body_base64?: string;
  decoded?: unknown;
}

const recorded: Recorded[] = JSON.parse(
  readFileSync(new URL('../../fixtures/libprocess-messages.json', import.meta.url), 'utf8'),
);

/** A recording's JSON in our words: `agent`, and integers as numbers. */
function ours(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map(element => ours(element));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name.replaceAll('slave', 'agent'), ours(inner, name)]),
    );
  }
  if (typeof value === 'string' && /^(begin|end|nanoseconds)$/.test(key)) return Number(value);
  return value;
}

test('messages recorded from Apache Mesos decode to what they mean and encode to the same bytes', () => {
  let count = 0;
  for (const { start_line, body_base64, decoded } of recorded) {
    const name = /^POST \S+\/(mesos\.\S+) /.exec(start_line)?.[1];
    if (name === undefined || body_base64 === undefined) continue;
    const type = findMessageType(name) ?? assert.fail(name);
    const bytes = Buffer.from(body_base64, 'base64');
    const message = decode(type, bytes);
    assert.deepEqual(message, ours(decoded), name);
    assert.deepEqual(encode(type, message), bytes, name);
    count++;
  }
  assert.ok(count > 50);
});

const status: TaskStatus = {
  task_id: { value: 'tâsk' },
  state: 'TASK_RUNNING',
  data: 'AAEC/w==',
  message: 'x'.repeat(300),
  timestamp: 1795236858.594538,
  healthy: false,
  reason: 'REASON_COMMAND_EXECUTOR_FAILED',
  uuid: 'cI5pnSxlT1Wg8O6GBBzerw==',
  unreachable_time: { nanoseconds: -1 },
};

test('a message survives protobuf and JSON, required zeros and empty strings included', () => {
  assert.deepEqual(decode(TaskStatus, encode(TaskStatus, status)), status);
  assert.deepEqual(fromJson(TaskStatus, JSON.parse(JSON.stringify(status))), status);
  const empty = { framework_id: { value: '' } };
  assert.deepEqual(decode(protocol.SchedulerCall, encode(protocol.SchedulerCall, empty)), empty);
});

test('maps, nested messages longer than a length byte and 64-bit numbers survive', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.double({ noNaN: true })),
      fc.maxSafeInteger(),
      fc.string({ maxLength: 20000 }),
      (limits, ns, text) => {
        const task: TaskInfo = {
          name: text.toWellFormed(),
          task_id: { value: 't' },
          agent_id: { value: 'a' },
          limits: Object.fromEntries(Object.entries(limits).map(([key, value]) => [key.toWellFormed(), { value }])),
          max_completion_time: { nanoseconds: ns },
          labels: { labels: [{ key: 'k', value: text.toWellFormed() }] },
        };
        if (Object.keys(task.limits ?? {}).length === 0) delete task.limits;
        assert.deepEqual(decode(TaskInfo, encode(TaskInfo, task)), task);
      },
    ),
    { numRuns: 200 },
  );
});

test('values of a list in any number, and with other fields between them, keep their order', () => {
  const name = (value: string) => Buffer.concat([Buffer.from([10, value.length]), Buffer.from(value)]); // field 1
  const text = (...values: string[]) => Buffer.concat(values.map(name));
  for (const count of [1, 2, 17, 40]) {
    const items = Array.from({ length: count }, (_, i) => `item ${i}`);
    assert.deepEqual(decode(ValueSet, text(...items)), { item: items });
  }
  const unknown = Buffer.from([40, 1]); // field 5, which the message does not have
  assert.deepEqual(decode(ValueSet, Buffer.concat([text('a', 'b'), unknown, text('c')])), { item: ['a', 'b', 'c'] });
  assert.equal(Object.getPrototypeOf(decode(ValueSet, text('a'))), Object.prototype);
});

test('integers beyond 64 bits become the nearest that fits', () => {
  const most = { start: { nanoseconds: 2 ** 80 } };
  const least = { start: { nanoseconds: -(2 ** 80) } };
  const read = (message: protocol.Unavailability) =>
    decode(protocol.Unavailability, encode(protocol.Unavailability, message));
  assert.equal(read(most).start.nanoseconds, 2 ** 63 - 1024);
  assert.equal(read(least).start.nanoseconds, -(2 ** 63));
});

test('mutated bytes are an error or a message, never anything else', () => {
  const bytes = encode(TaskStatus, status);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(bytes.length), (at, byte, length) => {
      const mutated = Buffer.from(bytes.subarray(0, length));
      if (at < length) mutated[at] = byte;
      try {
        decode(TaskStatus, mutated);
      } catch (error) {
        assert.ok(error instanceof protocol.DecodeError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

const lenient: { name: string; type: protocol.MessageType<unknown>; json: unknown; read: unknown }[] = [
  { name: 'unknown keys are ignored', type: protocol.Label, json: { key: 'a', nope: 1 }, read: { key: 'a' } },
  { name: 'null is unset', type: protocol.Label, json: { key: 'a', value: null }, read: { key: 'a' } },
  { name: 'quoted numbers', type: protocol.Filters, json: { refuse_seconds: '1.5' }, read: { refuse_seconds: 1.5 } },
  { name: 'quoted booleans', type: protocol.CommandInfo, json: { shell: 'false' }, read: { shell: false } },
  {
    name: 'a lone object for a list',
    type: protocol.Labels,
    json: { labels: { key: 'a' } },
    read: { labels: [{ key: 'a' }] },
  },
  { name: 'an unknown optional enum is unset', type: protocol.SchedulerCall, json: { type: 'NOPE' }, read: {} },
  {
    name: 'URL-safe base64 becomes canonical',
    type: protocol.TaskStatus,
    json: { task_id: { value: 't' }, state: 'TASK_LOST', data: '_-8' },
    read: { task_id: { value: 't' }, state: 'TASK_LOST', data: '/+8=' },
  },
];
for (const { name, type, json, read } of lenient) {
  test(`JSON: ${name}`, () => assert.deepEqual(fromJson(type, json), read));
}

const refused: { type: protocol.MessageType<unknown>; text: string; message: RegExp }[] = [
  { type: protocol.Label, text: '[]', message: /^Expecting a JSON object$/ },
  { type: protocol.Label, text: '{}', message: /^Missing required fields: key$/ },
  {
    type: protocol.SchedulerCall,
    text: '{"subscribe":{"framework_info":{"user":"x"}}}',
    message: /^Missing required fields: subscribe\.framework_info\.name$/,
  },
  {
    type: protocol.Label,
    text: '{"key":1}',
    message: /^Not expecting a JSON number for field 'key', which is a string$/,
  },
  {
    type: protocol.Filters,
    text: '{"refuse_seconds":1e999}',
    message: /^Not a finite number for field 'refuse_seconds'$/,
  },
  {
    type: protocol.TimeInfo,
    text: '{"nanoseconds":1e30}',
    message:
      /^The number 1e\+30 for field 'nanoseconds' is not in the range of int64, -9223372036854776000 to 9223372036854776000$/,
  },
  {
    type: protocol.TaskStatus,
    text: '{"state":"NOPE"}',
    message: /^Failed to find enum for 'NOPE' in field 'state', which is one of TASK_STARTING, .*, TASK_UNKNOWN$/,
  },
  {
    type: protocol.Resource,
    text: '{"name":"cpus","type":99}',
    message: /^Failed to find enum for '99' in field 'type', which is one of SCALAR, RANGES, SET, TEXT$/,
  },
  ...(
    [
      ['{"weight_infos":5}', "Not expecting a JSON number for field 'UW.weight_infos', which is a list"],
      ['{"weight_infos":[5]}', "Not expecting a JSON number for field 'UW.weight_infos[0]', which is an object"],
      [
        '{"weight_infos":[{"weight":"x"}]}',
        "Not expecting a JSON string for field 'UW.weight_infos[0].weight', which is a number",
      ],
      [
        '{"weight_infos":[{"weight":1},{"weight":[1]}]}',
        "Not expecting a JSON array for field 'UW.weight_infos[1].weight', which is a number",
      ],
      [
        '{"weight_infos":[{"weight":1,"role":{}}]}',
        "Not expecting a JSON object for field 'UW.weight_infos[0].role', which is a string",
      ],
      ['{"weight_infos":[{"weight":"1e999"}]}', "Not a finite number for field 'UW.weight_infos[0].weight'"],
      ['{"weight_infos":[{}]}', 'Missing required fields: UW.weight_infos[0].weight'],
    ] as const
  ).map(([weights, words]) => ({
    type: protocol.MasterCall,
    text: `{"update_weights":${weights}}`,
    message: new RegExp(`^${words.replace('UW', 'update_weights').replace(/[[\].]/g, '\\$&')}$`),
  })),
  {
    type: protocol.MasterCall,
    text: '{"update_quota":{"quota_configs":[{"role":"r","limits":{"cpus":{"value":true}}}]}}',
    message:
      /^Not expecting a JSON boolean for field 'update_quota\.quota_configs\[0\]\.limits\.cpus\.value', which is a number$/,
  },
  {
    type: protocol.MasterCall,
    text: '{"update_quota":{"force":"maybe"}}',
    message: /^Not expecting a JSON string for field 'update_quota\.force', which is true or false$/,
  },
  {
    type: protocol.SchedulerCall,
    text: '{"acknowledge":{"agent_id":{"value":"a"},"task_id":{"value":"t"},"uuid":"!"}}',
    message: /^Failed to base64 decode bytes field 'acknowledge\.uuid'$/,
  },
  { type: protocol.Label, text: '', message: /^syntax error at line 1 near: $/ },
  { type: protocol.Label, text: '{"key":', message: /^syntax error at line 1 near: $/ },
  { type: protocol.Label, text: 'x'.repeat(200_000), message: /^syntax error at line 1 near: x{200}$/ },
  {
    type: protocol.Label,
    text: `{"key":\n[${'1,'.repeat(100_000)}]}`,
    message: /^syntax error at line 2 or later, behind the first 65536 characters$/,
  },
  { type: protocol.Label, text: '{\n"key": nope}', message: /^syntax error at line 2 near: / },
  {
    type: protocol.ContainerID,
    text: `${'{"value":"a","parent":'.repeat(150)}{}${'}'.repeat(150)}`,
    message: /nested deeper than 100 messages$/,
  },
];
for (const { type, text, message } of refused) {
  test(`JSON refused: ${text.slice(0, 50)}`, () => assert.throws(() => fromJson(type, parseJson(text)), { message }));
}
