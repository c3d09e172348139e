import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Change, memoryEngine } from '../../index.ts';
import { currentOf, garbageOf, layoutOf, numberName } from './layout.ts';
import { decodeFrame, decodePage, decodeRecord, encodeFrame, encodePages, encodeRecord, pieces } from './records.ts';
import { Variables } from './variables.ts';

const plain = { noNullPrototype: true } as const;
const value = fc.uint8Array({ maxLength: 40 });
const name = fc.string({ unit: 'grapheme', maxLength: 12 });

test('what is encoded is decoded', () => {
  const batch = fc.array(fc.record({ name, value: fc.option(value, { nil: undefined }) }, plain), { maxLength: 5 });
  fc.assert(
    fc.property(fc.nat(2 ** 53 - 1), fc.array(batch, { maxLength: 5 }), (firstRevision, batches) => {
      assert.deepEqual(decodeRecord('/x', encodeRecord({ firstRevision, batches })), { firstRevision, batches });
    }),
  );
  const variables = fc.array(fc.record({ name, version: fc.nat(2 ** 53 - 1), value }, plain), { maxLength: 20 });
  fc.assert(
    fc.property(variables, fc.integer({ min: 1, max: 200 }), (all, maxBytes) => {
      const pages = [...encodePages(all, maxBytes)];
      assert.deepEqual(
        pages.flatMap(page => decodePage('/x', page)),
        all,
      );
      for (const page of pages) assert.ok(page.length <= maxBytes || decodePage('/x', page).length === 1);
      for (const page of pages) assert.ok(Buffer.concat(pieces(page, maxBytes)).equals(page));
    }),
  );
});

test('every changed or missing byte is noticed', () => {
  const frame = encodeFrame(
    'record',
    encodeRecord({ firstRevision: 7, batches: [[{ name: 'a', value: new Uint8Array(3) }]] }),
  );
  for (let index = 0; index < frame.length; index++) {
    const changed = Buffer.from(frame);
    changed[index] = (changed[index] ?? 0) ^ 0x10;
    if (index !== 1) assert.throws(() => decodeFrame('/x', changed), { code: /^STORAGE_(CORRUPT|INCOMPATIBLE)$/ });
    assert.throws(() => decodeFrame('/x', frame.subarray(0, index)), { code: 'STORAGE_CORRUPT' });
  }
  const body = encodeRecord({ firstRevision: 1, batches: [[{ name: 'abc', value: new Uint8Array(3) }]] });
  for (let length = 9; length < body.length; length++) {
    assert.throws(() => decodeRecord('/x', body.subarray(0, length)), { code: 'STORAGE_CORRUPT' });
  }
});

const layout = layoutOf('/r');
const cases: {
  name: string;
  log?: number[];
  snapshots?: number[];
  chunks?: string[];
  used?: string[];
  current: { snapshot: number | undefined; records: number[] };
  garbage: string[];
}[] = [
  { name: 'a new store', current: { snapshot: undefined, records: [] }, garbage: [] },
  { name: 'a log only', log: [3, 1, 2], current: { snapshot: undefined, records: [1, 2, 3] }, garbage: [] },
  {
    name: 'a snapshot and the records after it',
    log: [4, 5],
    snapshots: [3],
    chunks: ['1-1'],
    used: ['1-1'],
    current: { snapshot: 3, records: [4, 5] },
    garbage: [],
  },
  {
    name: 'a writer that ended before it removed what a snapshot replaces',
    log: [2, 3, 4],
    snapshots: [1, 3],
    chunks: ['1-1', '1-2'],
    used: ['1-2'],
    current: { snapshot: 3, records: [4] },
    garbage: ['/r/snapshots/0000000000000001', '/r/log/0000000000000002', '/r/log/0000000000000003', '/r/chunks/1-1'],
  },
  {
    name: 'a writer that ended while it wrote a large batch',
    log: [1],
    chunks: ['2-1', '2-2'],
    current: { snapshot: undefined, records: [1] },
    garbage: ['/r/chunks/2-1', '/r/chunks/2-2'],
  },
];
for (const { name, log = [], snapshots = [], chunks = [], used = [], current, garbage } of cases) {
  test(`finds what counts: ${name}`, () => {
    const listing = { log: log.map(numberName), snapshots: snapshots.map(numberName), chunks };
    assert.deepEqual(currentOf(listing), current);
    assert.deepEqual(garbageOf(layout, listing, new Set(used)), garbage);
  });
}

test('names that are no numbers are left alone', () => {
  const listing = { log: ['notes'], snapshots: ['0000000000000009', 'backup'], chunks: [] };
  assert.deepEqual(currentOf(listing), { snapshot: 9, records: [] });
  assert.deepEqual(garbageOf(layout, listing, new Set()), []);
});

test('groups of operations do what they do one by one', async () => {
  const names = ['a', 'b', 'c'];
  const step = fc.record({
    names: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 3 }),
    removes: fc.boolean(),
    isStale: fc.boolean(),
    bytes: value,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { maxLength: 5 }), { maxLength: 8 }), async groups => {
      const oneByOne = await memoryEngine().openTerm();
      const variables = new Variables();
      for (const group of groups) {
        const known = await oneByOne.load();
        const batches = group.map(({ names: some, removes, isStale, bytes }) =>
          some.map((each): Change => {
            const version = known.get(each)?.version ?? 0;
            return { name: each, value: removes ? undefined : bytes, expectedVersion: version + (isStale ? 1000 : 0) };
          }),
        );
        const { outcomes, record } = variables.plan([
          ...batches.map(batch => ({ type: 'commit' as const, batch })),
          { type: 'read' },
        ]);
        if (record) variables.apply(record);
        const wanted: unknown[] = [];
        for (const batch of batches) {
          wanted.push(
            await oneByOne.commit(batch).then(
              versions => ({ versions }),
              error => ({ error }),
            ),
          );
        }
        const all = await oneByOne.load();
        assert.deepEqual(outcomes, [...wanted, { variables: new Map(all) }]);
        assert.deepEqual(new Map(variables.all().map(each => [each.name, each])), new Map(all));
      }
    }),
  );
});
