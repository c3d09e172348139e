/** Modules that elect and find the leading master, in their threads: what of them counts, and those that misbehave. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { MasterInfo } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { Metrics } from '@meseta/telemetry';
import { silentLogger } from '@meseta/telemetry/testing';
import { loadModules } from '../modules.ts';

const infoOf = (id: string): MasterInfo => ({ id, ip: 16777343, port: 5050, pid: 'master@127.0.0.1:5050' });

/** Loads a contender and a detector with these bodies, where `mark(name)` makes a file, and `has(name)` finds it. */
async function load(t: TestContext, { contend = '', detect = '' }: { contend?: string; detect?: string }) {
  const directory = mkdtempSync(join(tmpdir(), 'election-modules-'));
  const file = join(directory, 'modules.mjs');
  writeFileSync(
    file,
    `import { existsSync, writeFileSync } from 'node:fs';
    import { setTimeout as delay } from 'node:timers/promises';
    const directory = ${JSON.stringify(directory)};
    const has = name => existsSync(directory + '/' + name);
    const mark = name => writeFileSync(directory + '/' + name, '');
    const once = name => !has(name) && (mark(name), true);
    const aborted = signal => new Promise(resolve => signal.aborted ? resolve() : signal.addEventListener('abort', resolve));
    export default {
      c: { kind: 'master_contender', create: () => ({ async *contend(master, signal) { ${contend} } }) },
      d: { kind: 'master_detector', create: () => ({ async *detect(signal) { ${detect} } }) },
      none: { kind: 'master_detector', create: () => ({}) },
    };`,
  );
  const modules = { libraries: [{ file, modules: ['c', 'd', 'none'].map(name => ({ name })) }] };
  const said: string[] = [];
  const options = { runtimeDirectory: directory, log: silentLogger(), metrics: new Metrics() };
  const registry = await loadModules({ modules }, options);
  t.after(async () => {
    await registry.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const report = (_: string, message: string) => void said.push(message);
  return {
    registry,
    report,
    said: () => said.join('\n'),
    has: (name: string) => existsSync(join(directory, name)),
    mark: (name: string) => writeFileSync(join(directory, name), ''),
    election: await registry.election('c', 'd', report),
  };
}

const losses: { name: string; contend: string; why: RegExp }[] = [
  { name: 'returns', contend: 'yield Infinity;', why: /is lost: contend\(\) has returned/ },
  { name: 'throws', contend: "yield Infinity; throw new Error('no quorum')", why: /is lost: no quorum/ },
  { name: 'exits', contend: 'yield Infinity; await delay(50); process.exit(3)', why: /is lost: .*exited with code 3/ },
  {
    name: 'does not confirm it in time',
    contend: 'yield performance.now() + 200; await aborted(signal)',
    why: /is lost: it was not confirmed in time/,
  },
  { name: 'loops for ever', contend: 'yield performance.now() + 200; for (;;);', why: /it was not confirmed in time/ },
  {
    name: 'yields what is no time',
    contend: "yield performance.now() + 5000; yield 'soon'",
    why: /is lost: contend\(\) must yield a time by performance\.now\(\), not 'soon'/,
  },
];
for (const { name, contend, why } of losses) {
  test(`a candidacy is lost when the module ${name}`, async t => {
    const { election, said } = await load(t, {
      contend: `if (once('first')) { ${contend} } else { yield Infinity; await aborted(signal); }`,
    });
    const { contender } = election;
    const candidacy = await contender.contend(infoOf('a'));
    await candidacy.lost;
    assert.equal(candidacy.isHeld, false);
    assert.match(said(), why);
    // Whatever became of the thread, the next candidacy is entered.
    const next = await contender.contend(infoOf('b'));
    await eventually('the next candidacy', () => next.isHeld);
  });
}

test('a module that cannot enter is called again, and its words are repeated once', async t => {
  const contend = `if (!has('go')) throw new Error('no server'); yield Infinity; await aborted(signal); mark('left');`;
  const { election, said, mark, has } = await load(t, { contend });
  const candidacy = await election.contender.contend(infoOf('a'));
  await eventually('the problem', () => /Contender module 'c' is called again: no server/.test(said()));
  assert.equal(candidacy.isHeld, false);
  mark('go');
  await eventually('the candidacy', () => candidacy.isHeld);
  assert.equal(said().match(/no server/g)?.length, 1);
  await candidacy.withdraw();
  assert.equal(candidacy.isHeld, false);
  assert.ok(has('left'), 'the module has withdrawn when withdraw() is over');
});

test('a candidacy that was withdrawn is not held by a late answer; the next one begins after it', async t => {
  const contend = `
    if (!once('first')) { mark(has('over') ? 'after' : 'before'); yield Infinity; return; }
    mark('waits');
    await aborted(signal);
    await delay(300);
    try { yield Infinity; } finally { mark('over'); }`;
  const { election, has } = await load(t, { contend });
  const candidacy = await election.contender.contend(infoOf('a'));
  await eventually('the module to wait', () => has('waits'));
  const withdrawn = candidacy.withdraw();
  await election.contender.contend(infoOf('b'));
  await withdrawn;
  assert.equal(candidacy.isHeld, false);
  await eventually('the next one', () => has('after') || has('before'));
  assert.ok(has('after'));
});

test('a module that does not withdraw is ended', async t => {
  const { election, said } = await load(t, {
    contend: `if (once('first')) { yield Infinity; for (;;); } yield Infinity; await aborted(signal);`,
  });
  const candidacy = await election.contender.contend(infoOf('a'));
  await eventually('the candidacy', () => candidacy.isHeld);
  await candidacy.withdraw();
  const next = await election.contender.contend(infoOf('b'));
  await eventually('the next one', () => next.isHeld);
  assert.equal(said(), '');
});

/** Watches the leader. */
function watched(t: TestContext, { election }: Awaited<ReturnType<typeof load>>) {
  const leaders: (string | undefined)[] = [];
  t.after(election.detector.watch(leader => void leaders.push(leader?.id)));
  return leaders;
}

const yieldOf = (id: string) => `yield ${JSON.stringify(infoOf(id))};`;

test('a detector reports changes, and nothing twice', async t => {
  const detect = `yield null; ${yieldOf('x')} ${yieldOf('x')} yield undefined; ${yieldOf('y')} await aborted(signal);`;
  const leaders = watched(t, await load(t, { detect }));
  await eventually('the last one', () => leaders.at(-1) === 'y');
  assert.deepEqual(leaders, [undefined, 'x', undefined, 'y']);
});

const faults: { name: string; fault: string; said: RegExp }[] = [
  { name: 'throws', fault: "throw new Error('no server')", said: /'d' is called again: no server/ },
  { name: 'returns', fault: 'return', said: /'d' is called again: detect\(\) has returned/ },
  { name: 'exits', fault: 'process.exit(4)', said: /'d' is called again: .*exited with code 4/ },
  {
    name: 'names what is no master',
    fault: "yield { hostname: 'h' }",
    said: /must yield the MasterInfo .*hostname: 'h'/,
  },
  { name: 'names no id', fault: yieldOf(''), said: /its id is empty/ },
  { name: 'yields a huge text', fault: `yield { id: 'x'.repeat(1e6), ip: 1, port: 1 }`, said: /a text is too long/ },
  { name: 'yields a function', fault: 'yield () => 1', said: /'d' is called again: .*could not be cloned/ },
];
for (const { name, fault, said } of faults) {
  test(`no master is known when a detector ${name}, until it is called again`, async t => {
    const detect = `${yieldOf('x')} await delay(50); if (once('first')) { ${fault} } ${yieldOf('y')} await aborted(signal);`;
    const loaded = await load(t, { detect });
    const leaders = watched(t, loaded);
    await eventually('its end', () => said.test(loaded.said()));
    await eventually('the next one', () => leaders.at(-1) === 'y');
    assert.deepEqual(leaders, [undefined, 'x', undefined, 'x', 'y']);
    assert.match(loaded.said(), /'d' says who leads again/);
    assert.ok(loaded.said().length < 2000);
  });
}

test('a detector that yields without end does not hold up the process', async t => {
  const detect = `for (let n = 0; !signal.aborted; n++) yield { ...${JSON.stringify(infoOf('x'))}, port: n % 60000 + 1 };`;
  const leaders = watched(t, await load(t, { detect }));
  await eventually('many changes', () => leaders.length > 20);
  const before = leaders.length;
  await new Promise(setImmediate);
  assert.ok(leaders.length - before <= 1);
});

test('a detector alone makes no master lead', async t => {
  const contend = `if (!has('go')) throw new Error('not yet'); yield Infinity; await aborted(signal);`;
  const loaded = await load(t, {
    contend,
    detect: `yield null; ${yieldOf('own')} mark('said'); await aborted(signal);`,
  });
  const candidacy = await loaded.election.contender.contend(infoOf('own'));
  const leaders = watched(t, loaded);
  await eventually('its word', () => loaded.has('said'));
  assert.deepEqual(leaders, [undefined]);
  loaded.mark('go');
  await eventually('the lead', () => leaders.at(-1) === 'own');
  assert.ok(candidacy.isHeld);
});

test('modules of other kinds, and without the method, are refused', async t => {
  const { registry, report } = await load(t, {});
  await assert.rejects(
    registry.election('d', 'c', report),
    /'d' of .*: it is of kind 'master_detector', not 'master_contender'/,
  );
  await assert.rejects(registry.masterDetector('none', report), /Detector module 'none' has no method 'detect'/);
  await assert.rejects(
    registry.masterDetector('other', report),
    /No master_detector module named 'other' available, which --master_detector asks for/,
  );
});
