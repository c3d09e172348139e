import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { test } from 'node:test';
import { ContainerizerLaunch } from '@meseta/protocol';
import { encodeRecord, RecordReader } from './record.ts';

/** Reads a hex dump: offset, bytes and characters. */
function recorded(file: string): Buffer {
  const lines = readFileSync(new URL(`../../fixtures/${file}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  return Buffer.concat(
    lines.map(line => {
      const [, hex = ''] = /^[0-9a-f]{8}: ((?:[0-9a-f]{2,4} ?)+)/.exec(line) ?? [];
      return Buffer.from(hex.replaceAll(' ', ''), 'hex');
    }),
  );
}

const littleEndian = endianness() === 'LE' ? {} : { skip: 'the recording is of a little-endian machine' };

test('the record that the documentation of Mesos shows', littleEndian, () => {
  const record = recorded('external-launch.hex');
  const reader = new RecordReader();
  for (const byte of record) {
    assert.equal(reader.isOver, false);
    reader.add(Buffer.from([byte]));
  }
  assert.equal(reader.isOver, true);
  const result = reader.read(ContainerizerLaunch);
  assert.ok('message' in result);
  const { container_id, executor_info, directory, user, agent_id, agent_pid, checkpoint } = result.message;
  assert.deepEqual([container_id.value, user], ['435253ab-d246-47be-a350-35420465d868', 'till']);
  assert.ok(directory?.endsWith(`/executors/1/runs/${container_id.value}`));
  assert.equal(agent_id?.value, '20140526-015006-16777343-55403-62567-0');
  assert.deepEqual([agent_pid, checkpoint], ['slave(1)@127.0.0.1:55403', false]);
  assert.equal(executor_info?.command?.value, "echo 'No such file or directory'; exit 1");
  const names = executor_info?.resources?.map(({ name, role }) => `${name}(${role})`);
  assert.deepEqual(names, ['cpus(*)', 'mem(*)', 'disk(*)', 'ports(*)']);
  assert.equal(executor_info?.source, '1');
});

test('what is written is read again, and what follows it is ignored', () => {
  const message = { container_id: { value: 'c' }, directory: '/x', checkpoint: false };
  const reader = new RecordReader();
  reader.add(Buffer.concat([encodeRecord(ContainerizerLaunch, message), Buffer.from('more')]));
  assert.deepEqual(reader.read(ContainerizerLaunch), { message });
  const empty = new RecordReader();
  empty.add(Buffer.alloc(4));
  assert.equal(empty.isOver, true);
});
