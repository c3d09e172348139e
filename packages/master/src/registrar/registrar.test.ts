import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentInfo, checkId } from '@meseta/protocol';
import { type Change, memoryEngine, type Storage, StorageError } from '@meseta/storage';
import { FakeClock } from '@meseta/system/testing';
import { Metrics } from '@meseta/telemetry';
import { silentLogger } from '@meseta/telemetry/testing';
import { shortSlices } from '../testing/short-slices.ts';
import {
  admitAgentOperation,
  drainAgentOperation,
  markGoneOperation,
  markUnreachableOperation,
  readmitAgentOperation,
  removeAgentOperation,
} from './agents.ts';
import { updateConcerns } from './concerns.ts';
import { RegistryError, type RegistryOperation } from './operation.ts';
import { Registrar, type RegistrarError } from './registrar.ts';

const info = (id: string, hostname = 'h'): AgentInfo => ({ hostname, id: { value: id } });

interface Setup {
  readonly registrar: Registrar;
  readonly clock: FakeClock;
  readonly failures: RegistrarError[];
}

function registrarOf(storage: Storage): Setup {
  const clock = new FakeClock();
  const failures: RegistrarError[] = [];
  const registrar = new Registrar({
    storage,
    clock,
    log: silentLogger(),
    metrics: new Metrics(),
    fetchTimeoutMs: 60_000,
    storeTimeoutMs: 20_000,
    onFailure: error => failures.push(error),
  });
  return { registrar, clock, failures };
}

/** A storage whose commits are seen, and wait until they are let go. */
async function gated(): Promise<{
  storage: Storage;
  batches: (readonly Change[])[];
  gates: PromiseWithResolvers<void>[];
}> {
  const memory = await memoryEngine().openTerm();
  const batches: (readonly Change[])[] = [];
  const gates: PromiseWithResolvers<void>[] = [];
  const storage: Storage = {
    load: () => memory.load(),
    get: names => memory.get(names),
    close: () => memory.close(),
    commit: async batch => {
      const gate = Promise.withResolvers<void>();
      batches.push(batch);
      gates.push(gate);
      await gate.promise;
      return memory.commit(batch);
    },
  };
  return { storage, batches, gates };
}

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; !condition(); turn++) {
    assert.ok(turn < 10_000, `timed out waiting for ${condition}`);
    await new Promise(resolve => setImmediate(resolve));
  }
}

test('what was applied is there after a restart, whatever became of the agents', async () => {
  const storage = await memoryEngine().openTerm();
  const { registrar } = registrarOf(storage);
  await registrar.recover();
  await Promise.all(['a', 'b', 'c', 'd'].map(id => registrar.apply(admitAgentOperation(checkId(id), info(id)))));
  await registrar.apply(drainAgentOperation(checkId('b'), { mark_gone: false }));
  await registrar.apply(markUnreachableOperation(checkId('b'), 5e9));
  await registrar.apply(markGoneOperation(checkId('c'), 6e9));
  await registrar.apply(removeAgentOperation(checkId('d')));
  await registrar.apply(updateConcerns('weights', () => ({ weights: [{ info: { role: 'r', weight: 2 } }] })));
  const { registrar: next } = registrarOf(storage);
  assert.deepEqual(await next.recover(), registrar.registry.toMessage());
  assert.deepEqual([...next.registry.agents.entries()], [['a', { info: info('a') }]]);
  assert.deepEqual(next.registry.unreachable.get('b'), {
    id: { value: 'b' },
    timestamp: { nanoseconds: 5e9 },
    drain_info: { state: 'DRAINING', config: { mark_gone: false } },
    deactivated: true,
  });
  assert.deepEqual(next.registry.gone.get('c')?.timestamp, { nanoseconds: 6e9 });
  assert.deepEqual(next.registry.concerns.weights, [{ info: { role: 'r', weight: 2 } }]);
});

test('concerns that were there and are no more do not keep the next master from starting', async () => {
  const engine = memoryEngine();
  const { registrar } = registrarOf(await engine.openTerm());
  await registrar.recover();
  const machine = { info: { id: { hostname: 'h' } } };
  await registrar.apply(
    updateConcerns('Set', () => ({
      machines: [machine],
      weights: [{ info: { role: 'r', weight: 2 } }],
      schedules: [{ windows: [] }],
    })),
  );
  await registrar.apply(updateConcerns('Clear', () => ({ machines: [], weights: [], schedules: [] })));
  const next = registrarOf(await engine.openTerm()).registrar;
  await next.recover();
  const { machines, weights, schedules } = next.registry.concerns;
  assert.deepEqual([machines, weights, schedules], [[], [], []]);
});

test('an agent that is back keeps its draining', async () => {
  const { registrar } = registrarOf(await memoryEngine().openTerm());
  await registrar.recover();
  await registrar.apply(admitAgentOperation(checkId('a'), info('a')));
  await registrar.apply(drainAgentOperation(checkId('a'), {}));
  await registrar.apply(markUnreachableOperation(checkId('a'), 1));
  assert.equal(await registrar.apply(readmitAgentOperation(checkId('a'), info('a', 'h2'))), true);
  assert.equal(await registrar.apply(readmitAgentOperation(checkId('a'), info('a', 'h2'))), false);
  assert.deepEqual(registrar.registry.agents.get('a'), {
    info: info('a', 'h2'),
    drain_info: { state: 'DRAINING', config: {} },
    deactivated: true,
  });
  assert.equal(registrar.registry.unreachable.size, 0);
});

test('the time of reading the registry includes that of opening the storage, which may read it', async () => {
  const metrics = new Metrics();
  const options = { clock: new FakeClock(), log: silentLogger(), metrics, onFailure: () => undefined };
  const storage = await memoryEngine().openTerm();
  const registrar = new Registrar({ storage, openingMs: 5000, fetchTimeoutMs: 1, storeTimeoutMs: 1, ...options });
  await registrar.recover();
  const { count, sum } = metrics.timer('registrar/state_fetch_ms');
  assert.equal(count, 1);
  assert.ok(sum >= 5000 && sum < 10_000);
});

test('refused operations change nothing', async () => {
  const { registrar } = registrarOf(await memoryEngine().openTerm());
  await registrar.recover();
  await registrar.apply(admitAgentOperation(checkId('a'), info('a')));
  await registrar.apply(admitAgentOperation(checkId('gone'), info('gone')));
  await registrar.apply(markGoneOperation(checkId('gone'), 1));
  const before = registrar.registry.toMessage();
  const refused: RegistryOperation[] = [
    admitAgentOperation(checkId('a'), info('a')),
    admitAgentOperation(checkId('gone'), info('gone')),
    readmitAgentOperation(checkId('gone'), info('gone')),
    markUnreachableOperation(checkId('nobody'), 1),
    markGoneOperation(checkId('nobody'), 1),
    drainAgentOperation(checkId('nobody'), {}),
  ];
  for (const operation of refused) await assert.rejects(registrar.apply(operation), RegistryError, operation.what);
  assert.deepEqual(registrar.registry.toMessage(), before);
});

test('nothing is answered before it is stored, and what comes meanwhile is stored together', async () => {
  const { storage, batches, gates } = await gated();
  const { registrar } = registrarOf(storage);
  await registrar.recover();
  const answered: string[] = [];
  const admit = (id: string) =>
    registrar.apply(admitAgentOperation(checkId(id), info(id))).then(() => answered.push(id));
  const first = admit('a');
  await until(() => gates.length === 1);
  const rest = Promise.all([admit('b'), admit('c')]);
  // Nothing to change, but what it found is not stored yet.
  const same = registrar.apply(readmitAgentOperation(checkId('c'), info('c'))).then(() => answered.push('same'));
  assert.deepEqual(answered, []);
  gates[0]?.resolve();
  await first;
  await until(() => gates.length === 2);
  assert.deepEqual(answered, ['a']);
  gates[1]?.resolve();
  await Promise.all([rest, same]);
  assert.deepEqual(answered, ['a', 'b', 'c', 'same']);
  assert.deepEqual(
    batches.map(batch => batch.map(({ name }) => name)),
    [['agents/a'], ['agents/b', 'agents/c']],
  );
});

test('between the effects of a large batch others get their turns', async t => {
  const { registrar } = registrarOf(await memoryEngine().openTerm());
  await registrar.recover();
  let turn = 0;
  const turns: number[] = [];
  const admit = async (id: string) => {
    await registrar.apply(admitAgentOperation(checkId(id), info(id)));
    turns.push(turn);
  };
  shortSlices(t);
  const all = Promise.all(['a', 'b', 'c'].map(admit));
  await until(() => {
    turn++;
    return turns.length === 3;
  });
  await all;
  assert.equal(new Set(turns).size, 3, `effects ran in the turns ${turns}`);
});

const failures: { name: string; fail: (setup: Setup, gate: PromiseWithResolvers<void>) => void; message: RegExp }[] = [
  {
    name: 'a store that fails ends the master',
    fail: (_, gate) => gate.reject(new StorageError('STORAGE_FULL', 'no space')),
    message: /no space/,
  },
  {
    name: 'a store that does not answer ends the master',
    fail: ({ clock }) => clock.advance(20_000),
    message: /within 20 seconds/,
  },
];
for (const { name, fail, message } of failures) {
  test(name, async () => {
    const { storage, gates } = await gated();
    const setup = registrarOf(storage);
    await setup.registrar.recover();
    let answered = false;
    const note = () => {
      answered = true;
    };
    setup.registrar.apply(admitAgentOperation(checkId('a'), info('a'))).then(note, note);
    await until(() => gates.length === 1);
    fail(setup, gates[0] as PromiseWithResolvers<void>);
    await until(() => setup.failures.length === 1);
    setup.registrar.apply(admitAgentOperation(checkId('b'), info('b'))).then(note, note);
    gates[0]?.resolve();
    await new Promise(resolve => setImmediate(resolve));
    assert.match(setup.failures[0]?.message ?? '', message);
    assert.equal(gates.length, 1);
    assert.equal(answered, false);
  });
}

test('a damaged variable is named', async () => {
  const storage = await memoryEngine().openTerm();
  await storage.commit([{ name: 'agents/x', value: Buffer.from([0x12, 0x05, 0x0a]), expectedVersion: 0 }]);
  await assert.rejects(registrarOf(storage).registrar.recover(), /agents\/x/);
});
