import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Resources } from '@meseta/resources';
import { parseResources } from '@meseta/resources/testing';
import fc from 'fast-check';
import { Account } from './account.ts';

test('ports that two holders have are in the sum until the second returns them', () => {
  const account = new Account();
  account.add(parseResources('cpus:1;ports:[5-5]'));
  account.add(parseResources('cpus:2;ports:[5-6]'));
  assert.equal(String(account.sum), 'cpus:3; ports:[5-6]');
  account.subtract(parseResources('cpus:2;ports:[5-6]'));
  assert.equal(String(account.sum), 'cpus:1; ports:[5-5]');
  account.subtract(parseResources('cpus:1;ports:[5-5]'));
  assert.ok(account.isEmpty);
  assert.ok(account.sum.isEmpty);
});

const holdings = fc.constantFrom('cpus:1', 'cpus:2;ports:[1-3]', 'ports(a):[1-3]', 'mem:5;ports:[2-2];ports(a):[9-9]');

test('the sum is that of what is held, in whatever order it is taken out', () => {
  const steps = fc.array(fc.tuple(fc.boolean(), holdings, fc.nat(20)), { maxLength: 40 });
  fc.assert(
    fc.property(steps, steps => {
      const account = new Account();
      const held: Resources[] = [];
      for (const [adds, text, which] of steps) {
        const [gone] = adds ? [] : held.splice(which % Math.max(1, held.length), 1);
        if (gone) account.subtract(gone);
        if (adds) held.push(parseResources(text));
        if (adds) account.addAll(held.slice(-1));
        assert.ok(account.sum.equals(Resources.sum(held)), `${account.sum} of ${held.join(' + ')}`);
      }
      for (const resources of held) account.subtract(resources);
      assert.ok(account.isEmpty);
    }),
  );
});
