import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentInfo, SchedulerAttributeConstraint } from '@meseta/protocol';
import fc from 'fast-check';
import { OfferConstraints } from './offer-constraints.ts';
import { Regex } from './regex.ts';

const info: AgentInfo = {
  hostname: 'node-7.example',
  attributes: [
    { name: 'rack', type: 'TEXT', text: { value: 'r1' } },
    { name: 'cores', type: 'SCALAR', scalar: { value: 4 } },
  ],
  domain: { fault_domain: { region: { name: 'eu' }, zone: { name: 'eu-1' } } },
};
const rack = { attribute_name: 'rack' };
const gone = { attribute_name: 'gone' };
const cores = { attribute_name: 'cores' };

const cases: (SchedulerAttributeConstraint & { holds: boolean })[] = [
  { selector: rack, predicate: { exists: {} }, holds: true },
  { selector: gone, predicate: { exists: {} }, holds: false },
  { selector: rack, predicate: { not_exists: {} }, holds: false },
  { selector: gone, predicate: { not_exists: {} }, holds: true },
  { selector: rack, predicate: { text_equals: { value: 'r1' } }, holds: true },
  { selector: rack, predicate: { text_equals: { value: 'r2' } }, holds: false },
  { selector: gone, predicate: { text_equals: { value: 'r1' } }, holds: false },
  { selector: cores, predicate: { text_equals: { value: 'x' } }, holds: true },
  { selector: rack, predicate: { text_not_equals: { value: 'r1' } }, holds: false },
  { selector: gone, predicate: { text_not_equals: { value: 'r1' } }, holds: true },
  { selector: cores, predicate: { text_not_equals: { value: '4' } }, holds: true },
  { selector: rack, predicate: { text_matches: { regex: 'r\\d' } }, holds: true },
  { selector: rack, predicate: { text_matches: { regex: 'r' } }, holds: false },
  { selector: gone, predicate: { text_matches: { regex: '.*' } }, holds: false },
  { selector: rack, predicate: { text_not_matches: { regex: 'r.*' } }, holds: false },
  { selector: gone, predicate: { text_not_matches: { regex: '.*' } }, holds: true },
  {
    selector: { pseudoattribute_type: 'HOSTNAME' },
    predicate: { text_matches: { regex: 'node-\\d+\\.example' } },
    holds: true,
  },
  { selector: { pseudoattribute_type: 'REGION' }, predicate: { text_equals: { value: 'eu' } }, holds: true },
  { selector: { pseudoattribute_type: 'ZONE' }, predicate: { text_equals: { value: 'eu-2' } }, holds: false },
];
const constraints = (...groups: SchedulerAttributeConstraint[][]) =>
  new OfferConstraints(
    { role_constraints: { r: { groups: groups.map(list => ({ attribute_constraints: list })) } } },
    100,
  );

for (const { selector, predicate, holds } of cases) {
  test(`${JSON.stringify(selector)} ${JSON.stringify(predicate)} ${holds ? 'holds' : 'excludes'}`, () => {
    assert.equal(constraints([{ selector, predicate }]).excludes('r', info), !holds);
  });
}

test('all of one group must hold', () => {
  const yes = { selector: rack, predicate: { exists: {} } };
  const no = { selector: gone, predicate: { exists: {} } };
  assert.equal(constraints([yes, no]).excludes('r', info), true);
  assert.equal(constraints([yes, no], [yes]).excludes('r', info), false);
  assert.equal(constraints([no]).excludes('other role', info), false);
});

const invalid: { name: string; make: () => unknown; message: string }[] = [
  {
    name: 'no groups',
    make: () => constraints(),
    message: "'OfferConstraints::role_constraints' has an empty 'RoleConstraints::groups' for role r",
  },
  {
    name: 'no selector',
    make: () => constraints([{ selector: {}, predicate: { exists: {} } }]),
    message:
      "A role r has an invalid 'AttributeConstraint': Exactly one of 'AttributeConstraint::Selector::name' or 'AttributeConstraint::Selector::pseudoattribute_type' must be set",
  },
  {
    name: 'no predicate',
    make: () => constraints([{ selector: rack, predicate: {} }]),
    message: "A role r has an invalid 'AttributeConstraint': Unknown predicate type",
  },
  {
    name: 'bad pattern',
    make: () => constraints([{ selector: rack, predicate: { text_matches: { regex: '(' } } }]),
    message:
      "A role r has an invalid 'AttributeConstraint': Failed to construct regex from pattern '(': missing closing ): `(`",
  },
];
for (const { name, make, message } of invalid) {
  test(`refuses ${name}`, () => assert.throws(make, { message }));
}

const patterns = [
  'abc',
  'a|b|',
  'a*b+c?',
  '(ab)*',
  '(?:a|bc)+',
  '[a-c]+',
  '[^a]',
  '[]a]',
  '[a-]',
  'a{2}',
  'a{1,}',
  'a{0,2}b',
  '.',
  '.*',
  '\\w+\\s\\d',
  '\\bab\\b',
  'a\\Bb',
  '^ab$',
  'a^b',
  '\\x61',
  '\\x{62}',
  '[\\w-]+',
  '(?P<name>a)b',
  'a+?b*?',
  '\\.',
  '',
  '()*',
  '(a|b)*abb',
  '[\\d.]+',
  '{',
  'a{,2}',
];
test('patterns match what they match elsewhere', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', '1', '.', '-', '{', ']'), maxLength: 8 });
  for (const pattern of patterns) {
    const same = pattern.replace('(?P<', '(?<').replace('\\x{62}', 'b').replace('[]a]', '[\\]a]');
    const reference = new RegExp(`^(?:${same})$`);
    const regex = new Regex(pattern, 100);
    fc.assert(
      fc.property(text, sample => regex.matches(sample) === reference.test(sample)),
      { numRuns: 200 },
    );
  }
});

test('case can be ignored', () => {
  assert.ok(new Regex('(?i)Rack-[a-f]', 100).matches('rACK-B'));
});

const refused: [pattern: string, problem: RegExp][] = [
  ['(', /missing closing \)/],
  [')', /unexpected \)/],
  ['[a', /missing closing ]/],
  ['*', /missing argument/],
  ['a**', /invalid nested repetition/],
  ['a{2,1}', /invalid repeat count/],
  ['a{1001}', /invalid repeat count/],
  ['\\', /trailing/],
  ['\\1', /invalid escape/],
  ['(?=a)', /unsupported Perl syntax/],
  ['[b-a]', /invalid character class range/],
  ['[[:constructor:]]', /invalid character class range/],
  ['a{1000}', /too complex/],
  ['((a{100}){100}){100}', /invalid repeat count/],
  ['((((){1000}){1000}){1000}){1000}', /too large/],
  [`${'('.repeat(2000)}${')'.repeat(2000)}`, /nests too deeply/],
];
for (const [pattern, problem] of refused) {
  test(`refuses ${pattern.slice(0, 40)}`, () => assert.throws(() => new Regex(pattern, 100), problem));
}

test('no pattern takes long', () => {
  assert.equal(new Regex('(a*)*b', 100).matches('a'.repeat(5000)), false);
  assert.equal(new Regex('(a|a)*(a|a)*(a|a)*c', 100).matches('a'.repeat(5000)), false);
});
