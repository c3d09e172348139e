import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AgentResponse, decode, MasterResponse, type Task } from '@meseta/protocol';
import { encodeInPieces } from './encode-in-pieces.ts';

const task = (id: number): Task => ({
  name: 'task',
  task_id: { value: `task-${id}` },
  framework_id: { value: 'f' },
  agent_id: { value: 'a' },
  state: 'TASK_RUNNING',
});

function* tasks(count: number): Generator<Task> {
  for (let id = 0; id < count; id++) yield task(id);
}

test('a large message is what encoding in one go would make', async () => {
  const message = {
    type: 'GET_STATE',
    get_state: { get_tasks: { tasks: tasks(20_000) }, get_frameworks: { frameworks: [] } },
  } as const;
  const decoded = decode(MasterResponse, await encodeInPieces(MasterResponse, message));
  assert.deepEqual(decoded.get_state?.get_tasks?.tasks, [...tasks(20_000)]);
  assert.deepEqual(decoded.get_state?.get_frameworks, {});
});

test('other work goes on meanwhile', async () => {
  let turns = 0;
  const count = () => {
    turns++;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  const message = { type: 'GET_TASKS', get_tasks: { launched_tasks: tasks(50_000) } } as const;
  await encodeInPieces(AgentResponse, message);
  clearImmediate(timer);
  assert.ok(turns > 0);
});

test('required messages and maps are kept', async () => {
  const message: AgentResponse = {
    type: 'GET_AGENT',
    get_agent: { agent_info: { hostname: 'h', attributes: [{ name: 'n', type: 'TEXT', text: { value: 't' } }] } },
  };
  assert.deepEqual(decode(AgentResponse, await encodeInPieces(AgentResponse, message)), message);
});

test('a message without what is required is refused', async () => {
  const message = { type: 'GET_AGENT', get_agent: { agent_info: {} } } as unknown as AgentResponse;
  await assert.rejects(encodeInPieces(AgentResponse, message), { name: 'EncodeError' });
});

test('lists within elements of lists are encoded element by element, too, without those that are undefined', async () => {
  const offer = (id: string) => ({
    id: { value: id },
    framework_id: { value: 'f' },
    agent_id: { value: 'a' },
    hostname: 'h',
  });
  const framework = (offers: Iterable<ReturnType<typeof offer> | undefined>) => ({
    framework_info: { user: 'u', name: 'f' },
    active: true,
    connected: true,
    recovered: false,
    offers,
  });
  const lazy = [offer('1'), undefined, offer('2')].values();
  const message = {
    type: 'GET_FRAMEWORKS',
    get_frameworks: { frameworks: [framework(lazy), undefined].values() },
  } as const;
  const decoded = decode(MasterResponse, await encodeInPieces(MasterResponse, message));
  assert.deepEqual(decoded.get_frameworks?.frameworks, [framework([offer('1'), offer('2')])]);
});
