/** What is true of shares: weights divide them, guarantees come before others, and nobody waits for ever. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ancestorRoles, topLevelRole } from '@meseta/resources';
import { parseQuantities } from '@meseta/resources/testing';
import fc from 'fast-check';
import type { Grant } from './index.ts';
import { pseudoRandom, TestCluster } from './testing.ts';

const roles = ['a', 'b', 'c/x', 'c/y', 'd', 'd/x', 'e/x/u', 'e/x/v', 'e/y'];
const someRoles = fc.uniqueArray(fc.constantFrom(...roles), { minLength: 2, maxLength: 6 });
const sorter = fc.constantFrom('drf' as const, 'random' as const);

/** The competitors of each node of the roles' tree: `''` is the root, and a role with others below is `role/.` among these. */
function siblings(leaves: readonly string[]): Map<string, Map<string, string[]>> {
  const tree = new Map<string, Map<string, string[]>>();
  for (const leaf of leaves) {
    const isInner = leaves.some(other => other.startsWith(`${leaf}/`));
    const path = [...ancestorRoles(leaf)].sort().concat(leaf, isInner ? `${leaf}/.` : []);
    for (const [depth, name] of path.entries()) {
      const parent = depth === 0 ? '' : (path[depth - 1] ?? '');
      const children = tree.get(parent) ?? new Map<string, string[]>();
      tree.set(parent, children);
      children.set(name, [...(children.get(name) ?? []), leaf]);
    }
  }
  return tree;
}

test('many agents are divided by weight, at every level of the tree', () => {
  const weight = fc.integer({ min: 1, max: 5 });
  fc.assert(
    fc.property(
      someRoles,
      fc.dictionary(fc.constantFrom(...roles, 'c', 'e', 'e/x'), weight),
      fc.integer({ min: 1, max: 150 }),
      (leaves, weights, agents) => {
        const cluster = new TestCluster();
        for (const role of leaves) cluster.framework(`in ${role.replaceAll('/', '-')}`, [role]);
        for (const [role, value] of Object.entries(weights)) cluster.allocator.updateWeight(role, value);
        for (let i = 0; i < agents; i++) cluster.agent(`a${i}`, 'cpus:4;mem:512');
        const count = new Map<string, number>();
        for (const { role } of cluster.run()) count.set(role, (count.get(role) ?? 0) + 1);
        for (const [, children] of siblings(leaves)) {
          const standing = [...children].map(([name, below]) => ({
            held: below.reduce((sum, role) => sum + (count.get(role) ?? 0), 0),
            weight: weights[name] ?? 1,
          }));
          // Who got the last agent was not ahead of anybody before.
          for (const one of standing) {
            for (const other of standing) {
              if (one.held > 0) assert.ok((one.held - 1) / one.weight <= other.held / other.weight + 1e-9);
            }
          }
        }
      },
    ),
    { numRuns: 100 },
  );
});

test('random sorters divide many agents by weight', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.constantFrom(1, 2, 3), (seed, weight) => {
      const cluster = new TestCluster({ roleSorter: 'random', random: pseudoRandom(seed) });
      cluster.framework('f', ['a/x']);
      cluster.framework('g', ['b']);
      cluster.allocator.updateWeight('a', weight);
      for (let i = 0; i < 1000; i++) cluster.agent(`a${i}`, 'cpus:4;mem:512');
      const share = cluster.run().filter(({ role }) => role === 'a/x').length / 1000;
      assert.ok(Math.abs(share - weight / (weight + 1)) < 0.1, `${share} with weight ${weight}`);
    }),
    { numRuns: 30 },
  );
});

test('a framework that wants offers gets one, however often others take theirs, decline, or give back', () => {
  const habit = fc.constantFrom('gives back' as const, 'declines for a time' as const, 'keeps for a time' as const);
  fc.assert(
    fc.property(
      ...[someRoles, fc.array(habit, { minLength: 8, maxLength: 8 }), sorter, sorter, fc.integer({ min: 1, max: 3 })],
      fc.integer({ min: 1, max: 1_000_000 }),
      (leaves, habits, roleSorter, frameworkSorter, agents, seed) => {
        const cluster = new TestCluster({ roleSorter, frameworkSorter, random: pseudoRandom(seed) });
        const ids = leaves.flatMap((role, index) => [`f${index}`, `g${index}`].map(id => ({ id, role })));
        for (const { id, role } of ids) cluster.framework(id, [role]);
        for (let i = 0; i < agents; i++) cluster.agent(`a${i}`, 'cpus:4;mem:512');
        const waiting = new Set(ids.map(({ id }) => id));
        let kept: { grant: Grant; until: number }[] = [];
        for (let round = 0; waiting.size > 0; round++) {
          assert.ok(round < 3000, `${[...waiting]} never got an offer`);
          cluster.clock.nowMs += 1000;
          for (const { grant, until } of kept) if (until <= round) cluster.recover(grant);
          kept = kept.filter(({ until }) => until > round);
          for (const grant of cluster.run()) {
            waiting.delete(grant.frameworkId);
            const does = habits[ids.findIndex(({ id }) => id === grant.frameworkId) % habits.length];
            if (does === 'gives back') cluster.recover(grant);
            else if (does === 'declines for a time') cluster.recover(grant, 5);
            else kept.push({ grant, until: round + 3 });
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('what is guaranteed is got, or kept free, before others get anything', () => {
  const cpus = fc.integer({ min: 1, max: 8 });
  fc.assert(
    fc.property(
      ...[fc.array(cpus, { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 40 }), sorter],
      fc.constantFrom('present' as const, 'absent' as const, 'below the role' as const),
      fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
      (agents, guaranteed, roleSorter, framework, joins) => {
        const cluster = new TestCluster({ roleSorter });
        cluster.framework('other', ['other']);
        cluster.framework('another', ['another/role']);
        cluster.allocator.updateQuota('q', { guarantees: parseQuantities(`cpus:${guaranteed}`), limits: new Map() });
        if (framework === 'present') cluster.framework('f', ['q']);
        if (framework === 'below the role') cluster.framework('f', ['q/x']);
        let [held, others, total] = [0, 0, 0];
        for (const [index, amount] of agents.entries()) {
          cluster.agent(`a${index}`, `cpus:${amount};mem:512`);
          total += amount;
          if (!joins[index % joins.length]) continue;
          for (const { role, resources } of cluster.run()) {
            if (topLevelRole(role) === 'q') held += resources.scalar('cpus');
            else others += resources.scalar('cpus');
          }
          const unmet = Math.max(0, guaranteed - held);
          const free = total - held - others;
          if (framework === 'absent')
            assert.ok(others <= Math.max(0, total - guaranteed), `others have ${others} of ${total}`);
          else assert.ok(unmet === 0 || others === 0, `others have ${others} while ${unmet} of the guarantee is unmet`);
          assert.ok(free >= 0);
        }
      },
    ),
    { numRuns: 150 },
  );
});
