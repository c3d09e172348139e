/** `--acls` on a whole master: who may create, resize and destroy volumes on an agent, and what others learn of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MasterCall, Resource } from '@meseta/protocol';
import { any, askAs, callAs, p, startWithAcls } from './testing/acls.ts';
import { registerAgent } from './testing/running-master.ts';
import { scalar } from './testing/simulated-agent.ts';

const reserved = (megabytes: number): Resource => ({
  ...scalar('disk', megabytes),
  reservations: [{ type: 'DYNAMIC', role: 'web', principal: 'p' }],
});
const volume = (megabytes: number, principal = 'p', id = 'data'): Resource => ({
  ...reserved(megabytes),
  disk: { persistence: { id, principal }, volume: { mode: 'RW', container_path: 'data' } },
});

const grow = (from: number, by: number) => ({ volume: volume(from), addition: reserved(by) });
const shrink = (from: number, by: number) => ({ volume: volume(from), subtract: { value: by } });

test('volumes are changed by who may, and refused to others, who do not learn which there are', async t => {
  const roles = [{ principals: p, roles: any }];
  const creators = [{ principals: p, creator_principals: any }];
  const master = await startWithAcls(t, {
    ...{ permissive: false, register_agents: [{ principals: any, agents: any }] },
    ...{ reserve_resources: roles, create_volumes: roles, resize_volumes: roles, destroy_volumes: creators },
    view_roles: roles,
  });
  const { id: value = '' } = await registerAgent(t, master);
  const agent_id = { value };

  const state = async () => {
    const { slaves } = JSON.parse((await askAs('p', master, '/slaves')).text);
    return JSON.stringify(slaves[0].reserved_resources_full);
  };
  const sizes = async () =>
    (JSON.parse(await state()).web as Resource[])
      .map(({ scalar: size, disk }) => `${disk?.persistence?.id ?? 'free'} ${size?.value}`)
      .sort();
  const refused = async (call: MasterCall) => {
    const before = await state();
    const { status, text } = await callAs('q', master, call);
    assert.deepEqual([status, text], [403, '403 Forbidden.'], JSON.stringify(call));
    assert.equal(await state(), before);
  };
  const done = async (call: MasterCall) => {
    await refused(call);
    const { status, text } = await callAs('p', master, call);
    assert.equal(status, 202, `${call.type}: ${text}`);
  };
  const create = (created: Resource): MasterCall => ({
    type: 'CREATE_VOLUMES',
    create_volumes: { agent_id, volumes: [created] },
  });
  const destroy = (megabytes: number, id?: string): MasterCall => ({
    type: 'DESTROY_VOLUMES',
    destroy_volumes: { agent_id, volumes: [volume(megabytes, 'p', id)] },
  });

  const { status, text } = await callAs('p', master, {
    type: 'RESERVE_RESOURCES',
    reserve_resources: { agent_id, resources: [reserved(100)] },
  });
  assert.equal(status, 202, text);
  await refused(create(volume(64, 'q')));
  assert.equal((await callAs('p', master, create(volume(64)))).status, 202);
  assert.deepEqual(await sizes(), ['data 64', 'free 36']);

  await done({ type: 'GROW_VOLUME', grow_volume: { agent_id, ...grow(64, 8) } });
  assert.deepEqual(await sizes(), ['data 72', 'free 28']);
  await done({ type: 'SHRINK_VOLUME', shrink_volume: { agent_id, ...shrink(72, 16) } });
  assert.deepEqual(await sizes(), ['data 56', 'free 44']);

  // The same answer for a volume that is there and for one that is not.
  await refused({ type: 'GROW_VOLUME', grow_volume: { agent_id, ...grow(1, 1) } });
  await refused({ type: 'SHRINK_VOLUME', shrink_volume: { agent_id, ...shrink(2, 1) } });
  await refused(destroy(56, 'none'));
  await refused(create(volume(1, 'q')));
  await refused(create(volume(1, 'q', 'none')));

  const told = async (call: MasterCall) => {
    const { status: got, text: words } = await callAs('p', master, call);
    assert.equal(got, 400, words);
    return words;
  };
  assert.equal(await told(destroy(56, 'none')), 'Invalid DESTROY operation: Persistent volumes not found');
  assert.match(await told(create(volume(1))), /^Invalid CREATE operation on agent .*: Persistence ID 'data'/);

  await done(destroy(56));
  assert.deepEqual(await sizes(), ['free 100']);
});
