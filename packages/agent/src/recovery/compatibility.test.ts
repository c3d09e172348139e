import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentInfo } from '@meseta/protocol';
import { parseAttributes } from '@meseta/resources';
import { parseResources } from '@meseta/resources/testing';
import { incompatibility } from './compatibility.ts';

const region = { fault_domain: { region: { name: 'r' }, zone: { name: 'z' } } };
const sameRegion = { fault_domain: { zone: { name: 'z' }, region: { name: 'r' } } };

function agent(resources: string, attributes = '', more: Partial<AgentInfo> = {}): AgentInfo {
  return {
    hostname: 'h',
    port: 5051,
    resources: parseResources(resources).toArray(),
    attributes: parseAttributes(attributes),
    ...more,
  };
}

/** What the two policies have to say. */
const cases: { name: string; before: AgentInfo; now: AgentInfo; equal?: RegExp; additive?: RegExp }[] = [
  { name: 'nothing changed', before: agent('cpus:2;mem:64', 'a:b'), now: agent('mem:64;cpus:2', 'a:b') },
  {
    name: 'more of a resource',
    before: agent('cpus:2;ports:[1-2]'),
    now: agent('cpus:3;ports:[1-5];gpus:1'),
    equal: /^resources were .*cpus.*:2.* and are .*cpus.*:3.* \(added: cpus:1; ports:\[3-5\]; gpus:1\)$/,
  },
  {
    name: 'less of a resource',
    before: agent('cpus:2;mem:64'),
    now: agent('cpus:1;mem:64'),
    equal: /^resources were/,
    additive: /^resources were cpus:2; mem:64 and are cpus:1; mem:64 \(missing: cpus:1\)$/,
  },
  {
    name: 'a port less',
    before: agent('ports:[1-5]'),
    now: agent('ports:[1-3,5-5]'),
    equal: /^resources were/,
    additive: /^resources were/,
  },
  {
    name: 'an attribute more',
    before: agent('', 'a:b'),
    now: agent('', 'a:b;c:d'),
    equal: /^attributes were 'a:b' and are 'a:b;c:d'$/,
  },
  {
    name: 'another attribute',
    before: agent('', 'a:b'),
    now: agent('', 'a:c'),
    equal: /^attributes were/,
    additive: /^attribute 'a:b' is now 'a:c'$/,
  },
  {
    name: 'an attribute less',
    before: agent('', 'a:b;c:1'),
    now: agent('', 'a:b'),
    equal: /^attributes were/,
    additive: /^attribute 'c:1' is gone$/,
  },
  {
    name: 'an attribute of another type',
    before: agent('', 'a:1'),
    now: agent('', 'a:[1-1]'),
    equal: /^attributes were/,
    additive: /^attribute 'a:1' is now 'a:\[1-1\]'$/,
  },
  {
    name: 'a larger number as an attribute',
    before: agent('', 'a:1'),
    now: agent('', 'a:2'),
    equal: /^attributes were/,
    additive: /^attribute 'a:1' is now 'a:2'$/,
  },
  {
    name: 'longer ranges as an attribute',
    before: agent('', 'a:[1-5]'),
    now: agent('', 'a:[1-9]'),
    equal: /^attributes were/,
  },
  {
    name: 'shorter ranges as an attribute',
    before: agent('', 'a:[1-5]'),
    now: agent('', 'a:[1-4]'),
    equal: /^attributes were/,
    additive: /^attribute 'a:\[1-5\]' is now/,
  },
  { name: 'an attribute twice', before: agent('', 'a:b;a:c'), now: agent('', 'a:c;a:b') },
  {
    name: 'reserved instead of unreserved resources',
    before: agent('cpus:2'),
    now: agent('cpus(web):2'),
    equal: /^resources were/,
    additive: /\(missing: cpus:2\)$/,
  },
  {
    name: 'a domain',
    before: agent(''),
    now: agent('', '', { domain: region }),
    equal: /^the domain was none and is region 'r', zone 'z'$/,
  },
  { name: 'the same domain', before: agent('', '', { domain: region }), now: agent('', '', { domain: sameRegion }) },
  {
    name: 'no domain any more',
    before: agent('', '', { domain: region }),
    now: agent(''),
    equal: /^the domain was/,
    additive: /^the domain was region 'r', zone 'z' and is none$/,
  },
  {
    name: 'another host',
    before: agent(''),
    now: agent('', '', { hostname: 'i' }),
    equal: /^hostname was 'h' and is 'i'/,
    additive: /^hostname was 'h' and is 'i'/,
  },
  {
    name: 'another port',
    before: agent(''),
    now: agent('', '', { port: 1 }),
    equal: /^port was 5051 and is 1/,
    additive: /^port was 5051 and is 1/,
  },
];

for (const { name, before, now, ...expected } of cases) {
  for (const policy of ['equal', 'additive'] as const) {
    test(`${name}, ${policy}`, () => {
      const problem = incompatibility(before, now, { policy, anyPort: false });
      const pattern = expected[policy];
      if (pattern) assert.match(problem ?? '', pattern);
      else assert.equal(problem, undefined);
    });
  }
}

test('a port that is chosen by the system says nothing', () => {
  const options = { policy: 'equal', anyPort: true } as const;
  assert.equal(incompatibility(agent(''), agent('', '', { port: 1 }), options), undefined);
});
