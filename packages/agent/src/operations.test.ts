/** Reservations and volumes: asked for by the master, used by tasks, remembered over a restart. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  AcknowledgeOperationStatusMessage,
  ApplyOperationMessage,
  newUuid,
  type OfferOperation,
  type Resource,
  UpdateOperationStatusMessage,
  UpdateSlaveMessage,
} from '@meseta/protocol';
import { eventually, needs } from '@meseta/system/testing';
import { bench, startTestAgent } from './testing/test-agent.ts';

const reservations = [{ type: 'DYNAMIC' as const, role: 'r', principal: 'p' }];
const reserved: Resource = { name: 'disk', type: 'SCALAR', scalar: { value: 64 }, reservations };
const volume = (containerPath: string): Resource => ({
  ...reserved,
  disk: { persistence: { id: 'v', principal: 'p' }, volume: { mode: 'RW', container_path: containerPath } },
});

test('operations', async t => {
  const at = await bench(t);
  const { master, directory } = at;
  let agent = await startTestAgent(at);
  at.onEnd(() => agent.shutdown());
  let count = 0;
  const apply = async (info: OfferOperation) => {
    const operation_uuid = { value: newUuid() };
    const resource_version_uuid = { uuid: { value: agent.context.agent.resourceVersion } };
    master.send(ApplyOperationMessage, { operation_info: info, operation_uuid, resource_version_uuid });
    const message = await master.untilReceived(UpdateOperationStatusMessage, ++count);
    assert.equal(message.operation_uuid?.value, operation_uuid.value);
    return message.status;
  };
  const path = join(directory, 'work/volumes/roles/r/v');

  await t.test('RESERVE and CREATE change what the agent has', async () => {
    assert.equal((await apply({ type: 'RESERVE', reserve: { resources: [reserved] } })).state, 'OPERATION_FINISHED');
    assert.equal((await apply({ type: 'CREATE', create: { volumes: [volume('data')] } })).state, 'OPERATION_FINISHED');
    assert.equal(agent.context.agent.checkpointedResources.toArray().length, 1);
    assert.ok(existsSync(path));
  });

  await t.test('what the agent does not have is not reserved', async () => {
    const resources = [{ ...reserved, scalar: { value: 1e6 } }];
    assert.equal((await apply({ type: 'RESERVE', reserve: { resources } })).state, 'OPERATION_DROPPED');
  });

  await t.test('a task finds its volume in its sandbox', async () => {
    master.command('writer', 'echo kept > data/file', { resources: [volume('data')] });
    await master.until('writer', 'TASK_FINISHED');
    assert.equal(await readFile(join(path, 'file'), 'utf8'), 'kept\n');
  });

  await t.test('but not anywhere else', async () => {
    master.command('climber', 'true', { resources: [volume('../../data')] });
    const { status } = await master.until('climber', 'TASK_FAILED');
    assert.equal(status.reason, 'REASON_CONTAINER_LAUNCH_FAILED');
    assert.match(status.message ?? '', /must be below the sandbox/);
  });

  await t.test('a restart changes none of it', async () => {
    await agent.stop();
    agent = await startTestAgent(at);
    assert.deepEqual(agent.context.agent.checkpointedResources.toArray()[0]?.disk?.persistence?.id, 'v');
    master.command('reader', 'test "$(cat data/file)" = kept', { resources: [volume('data')] });
    await master.until('reader', 'TASK_FINISHED');
  });

  await t.test('DESTROY removes the directory; with an id the status waits for its acknowledgement', async () => {
    const status = await apply({ type: 'DESTROY', destroy: { volumes: [volume('data')] }, id: { value: 'o' } });
    assert.equal(status.state, 'OPERATION_FINISHED');
    assert.equal(status.operation_id?.value, 'o');
    assert.ok(!existsSync(path));
    const [uuid = ''] = agent.context.agent.operations.keys();
    const status_uuid = { value: status.uuid?.value ?? '' };
    master.send(AcknowledgeOperationStatusMessage, { status_uuid, operation_uuid: { value: uuid } });
    await apply({ type: 'UNRESERVE', unreserve: { resources: [reserved] } });
    assert.equal(agent.context.agent.operations.size, 0);
    assert.ok(agent.context.agent.checkpointedResources.isEmpty);
  });

  await t.test('what is not acknowledged is told by the next agent, until it is', async () => {
    const status = await apply({ type: 'RESERVE', reserve: { resources: [reserved] }, id: { value: 'kept' } });
    const [uuid = ''] = agent.context.agent.operations.keys();
    await agent.stop();
    master.received.length = 0;
    agent = await startTestAgent(at);
    assert.deepEqual(agent.context.agent.checkpointedResources.toArray().length, 1);
    const listed = await master.untilReceived(UpdateSlaveMessage);
    assert.equal(listed.operations?.operations?.[0]?.uuid?.value, uuid);
    const repeated = await master.untilReceived(UpdateOperationStatusMessage);
    assert.deepEqual(
      [repeated.operation_uuid?.value, repeated.status.uuid, repeated.status.state],
      [uuid, status.uuid, 'OPERATION_FINISHED'],
    );
    const status_uuid = { value: status.uuid?.value ?? '' };
    master.send(AcknowledgeOperationStatusMessage, { status_uuid, operation_uuid: { value: uuid } });
    await eventually(
      () => 'the acknowledgement',
      () => agent.context.agent.operations.size === 0,
    );
    await agent.stop();
    agent = await startTestAgent(at);
    assert.equal(agent.context.agent.operations.size, 0);
    assert.equal(agent.context.agent.checkpointedResources.toArray().length, 1);
  });

  await t.test('a volume that cannot be a directory is not made', async () => {
    const bad = volume('data');
    if (bad.disk?.persistence) bad.disk.persistence.id = '../up';
    count = master.received.filter(({ name }) => name === UpdateOperationStatusMessage.fullName).length;
    assert.equal((await apply({ type: 'CREATE', create: { volumes: [bad] } })).state, 'OPERATION_DROPPED');
  });

  await t.test('damage is refused; when not strict, what was written for agents of old takes its place', async () => {
    await agent.stop();
    const state = join(directory, 'work/meta/resources/resources_and_operations.state');
    await writeFile(state, Buffer.from([2, 0, 0, 0, 255, 255]));
    await assert.rejects(startTestAgent(at), { code: 'RECOVERY_FAILED', message: /--no-strict/ });
    agent = await startTestAgent(at, '--no-strict');
    assert.equal(agent.context.agent.checkpointedResources.toArray().length, 1);
    assert.equal(agent.context.metrics.counter('slave/recovery_errors').value, 1);
    await agent.stop();
    await rm(state);
    agent = await startTestAgent(at);
    assert.equal(agent.context.agent.checkpointedResources.toArray().length, 1);
  });
});

test('of a volume that is a whole disk, DESTROY leaves the root', needs.mounting('a disk is mounted'), async t => {
  const at = await bench(t);
  const root = join(at.directory, 'disk');
  await mkdir(root);
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', root]);
  at.onEnd(async () => execFileSync('umount', [root]));
  const disk = { source: { type: 'MOUNT' as const, mount: { root } } };
  const whole: Resource = { ...reserved, reservations: [{ type: 'STATIC', role: 'r' }], disk };
  const cpus: Resource = { name: 'cpus', type: 'SCALAR', scalar: { value: 1 } };
  const agent = await startTestAgent(at, `--resources=${JSON.stringify([cpus, whole])}`);
  at.onEnd(() => agent.shutdown());
  const made: Resource = { ...whole, disk: { ...disk, ...volume('data').disk } };
  let count = 0;
  const apply = async (operation_info: OfferOperation) => {
    const resource_version_uuid = { uuid: { value: agent.context.agent.resourceVersion } };
    at.master.send(ApplyOperationMessage, {
      ...{ operation_info, resource_version_uuid },
      operation_uuid: { value: newUuid() },
    });
    const { status } = await at.master.untilReceived(UpdateOperationStatusMessage, ++count);
    assert.equal(status.state, 'OPERATION_FINISHED', status.message ?? '');
  };
  await apply({ type: 'CREATE', create: { volumes: [made] } });
  at.master.command('writer', 'mkdir data/below; echo kept > data/below/file', { resources: [made] });
  await at.master.until('writer', 'TASK_FINISHED');
  assert.equal(await readFile(join(root, 'below/file'), 'utf8'), 'kept\n');
  const elsewhere = join(at.directory, 'elsewhere');
  await mkdir(elsewhere);
  await writeFile(join(elsewhere, 'precious'), '');
  const marks = 'cd data && mkdir m n && touch n/marked && { chattr +i n/marked || true; }';
  const left = `${marks} && mount --bind ${elsewhere} m && for i in $(seq 1 2500); do : >$i; done`;
  at.master.command('mounter', left, { resources: [made] });
  await at.master.until('mounter', 'TASK_FINISHED');
  await apply({ type: 'DESTROY', destroy: { volumes: [made] } });
  assert.deepEqual(await readdir(root), []);
  assert.ok(existsSync(join(elsewhere, 'precious')));
});
