import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContainerConfig, ContainerLimitation, TaskInfo, TaskStatus } from '../gen/messages.ts';
import { parseJson } from './parse-json.ts';
import type { MessageType } from './schema.ts';
import { fromV0Json, toV0Json } from './v0-json.ts';

const task: TaskInfo = {
  task_id: { value: 't' },
  name: 'n',
  agent_id: { value: 'S0' },
  command: { value: 'true', environment: { variables: [{ name: 'A', value: 'b' }] } },
  resources: [],
};

test('keys are those of v0, sorted, with the defaults that are not deprecated', () => {
  assert.equal(
    JSON.stringify(toV0Json(TaskInfo, task)),
    '{"command":{"environment":{"variables":[{"name":"A","type":"VALUE","value":"b"}]},"shell":true,"value":"true"},' +
      '"name":"n","slave_id":{"value":"S0"},"task_id":{"value":"t"}}',
  );
});

test('enums of statuses have the names of v0', () => {
  const status: TaskStatus = { task_id: { value: 't' }, state: 'TASK_LOST', source: 'SOURCE_AGENT' };
  const json = toV0Json(TaskStatus, { ...status, reason: 'REASON_AGENT_REMOVED' });
  assert.equal(json.source, 'SOURCE_SLAVE');
  assert.equal(json.reason, 'REASON_SLAVE_REMOVED');
  assert.deepEqual(fromV0Json(TaskStatus, json), { ...status, reason: 'REASON_AGENT_REMOVED' });
});

test('maps are written and read', () => {
  const config: ContainerConfig = { directory: '/d', command_info: { shell: true }, limits: { mem: { value: 5 } } };
  assert.deepEqual(toV0Json(ContainerConfig, config).limits, { mem: { value: 5 } });
  assert.deepEqual(fromV0Json(ContainerConfig, toV0Json(ContainerConfig, config)), config);
});

const read: { name: string; type: MessageType<unknown>; json: unknown; expected: unknown }[] = [
  { name: 'a name of v1', type: TaskInfo, json: { ...task }, expected: task },
  {
    name: 'quoted numbers, a lone object as a list, unknown keys, null',
    type: ContainerLimitation,
    json: { resources: { name: 'cpus', type: 'SCALAR', scalar: { value: '1.5' }, x: 1 }, message: null, y: [] },
    expected: { resources: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 1.5 } }] },
  },
];
for (const { name, type, json, expected } of read) {
  test(`reads ${name}`, () => assert.deepEqual(fromV0Json(type, json), expected));
}

test('a missing field inside a list is named with its place', () => {
  const json = { resources: [{ name: 'a', type: 'SCALAR' }, { type: 'SCALAR' }] };
  assert.throws(() => fromV0Json(ContainerLimitation, json), { message: 'Missing required fields: resources[1].name' });
});

const malformed: [text: string, near: string][] = [
  ['{nope', 'line 1 near: nope'],
  ['MALFORMED\n', 'line 1 near: MALFORMED'],
  ['{"a": 1,\n "b": nope}', 'line 2 near: ope}'],
  ['[1, 2, }]', 'line 1 near: }]'],
  ['{"a":', 'line 1 near: '],
];
for (const [text, near] of malformed) {
  test(`malformed: ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseJson(text), { message: `syntax error at ${near}` });
  });
}
