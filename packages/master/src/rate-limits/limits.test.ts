import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRateLimits, rateLimitsFlag } from './limits.ts';

const wrong: readonly { readonly limits: object; readonly message: string }[] = [
  { limits: { limits: {} }, message: `'limits' is {}; allowed: a list such as [{"principal": "web", "qps": 50}]` },
  {
    limits: { limits: ['web'] },
    message: `'limits[0]' is "web"; allowed: {"principal": "web", "qps": 50, "capacity": 1000}`,
  },
  { limits: { limits: [{ qps: 1 }] }, message: "'limits[0].principal' is missing; allowed: a text; it is required" },
  {
    limits: { limits: [{ principal: 'a' }, { principal: 'a', qps: 1 }] },
    message: "Duplicate principal a found in RateLimits configuration, at 'limits[1]'",
  },
  {
    limits: { limits: [{ principal: 'a', qps: 0 }] },
    message: "Invalid qps: 0. It must be a positive number, at 'limits[0].qps'",
  },
  {
    limits: { limits: [{ principal: 'a', qps: -1.5 }] },
    message: "Invalid qps: -1.5. It must be a positive number, at 'limits[0].qps'",
  },
  {
    limits: { limits: [{ principal: 'a', qps: '5' }] },
    message: `'limits[0].qps' is "5"; allowed: a positive number`,
  },
  {
    limits: { limits: [{ principal: 'a', qps: 5, capacity: -1 }] },
    message: "'limits[0].capacity' is -1; allowed: a whole number, not negative",
  },
  {
    limits: { aggregate_default_qps: 0 },
    message: 'Invalid aggregate_default_qps: 0. It must be a positive number',
  },
  {
    limits: { aggregate_default_qps: 1, aggregate_default_capacity: 1.5 },
    message: "'aggregate_default_capacity' is 1.5; allowed: a whole number, not negative",
  },
  {
    limits: { aggregate_default_qsp: 1 },
    message: "'aggregate_default_qsp' is not known; did you mean aggregate_default_qps? It would be ignored",
  },
  {
    limits: { limits: [{ principal: 'a', qps: 1, capactiy: 2 }] },
    message: "'limits[0].capactiy' is not known; did you mean capacity? It would be ignored",
  },
];

for (const { limits, message } of wrong) {
  test(`rate limits ${JSON.stringify(limits)} are refused`, () => {
    assert.throws(() => parseRateLimits(limits as Record<string, unknown>, assert.fail), { message });
  });
}

test('rate limits as in the documentation of Mesos', () => {
  const text = JSON.stringify({
    limits: [{ principal: 'foo', qps: 55.5, capacity: 100000 }, { principal: 'bar', qps: 300 }, { principal: 'baz' }],
    aggregate_default_qps: 333,
    aggregate_default_capacity: 1000000,
  });
  const value = rateLimitsFlag.parse(text, assert.fail);
  assert.deepEqual(
    [...value.limits],
    [
      ['foo', { qps: 55.5, capacity: 100000 }],
      ['bar', { qps: 300, capacity: 100000 }],
      ['baz', undefined],
    ],
  );
  assert.deepEqual(value.others, { qps: 333, capacity: 1000000 });
  assert.equal(rateLimitsFlag.format(value), text);
});

test('a capacity without a rate counts for nothing; unknown fields are warned of', () => {
  const warnings: string[] = [];
  const source = { limits: [{ principal: 'a', capacity: 1, burst: 2 }], aggregate_default_capacity: 3, qps: 4 };
  const { limits, others } = parseRateLimits(source, warning => warnings.push(warning));
  assert.deepEqual([[...limits], others], [[['a', undefined]], undefined]);
  assert.match(warnings.join('\n'), /'qps' is not known/);
  assert.match(warnings.join('\n'), /'limits\[0\]\.burst' is not known/);
});
