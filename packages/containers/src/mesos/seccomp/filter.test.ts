/** Filters, run by an interpreter of the kernel's instructions; real ones are in tests/seccomp.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileFilter } from './filter.ts';
import type { Condition, Rule, SeccompProfile } from './profile.ts';
import { actions, operators } from './words.ts';

const execve = 59;
const [allow, refuse] = [actions.ALLOW, actions.ERRNO | 1];
const everything = new Set(['CHOWN', 'SYS_ADMIN']);
const rule = (numbers: readonly number[], more: Partial<Rule> = {}): Rule => {
  return { numbers, result: allow, conditions: [], withCapabilities: [], withoutCapabilities: [], ...more };
};
const profileOf = (rules: readonly Rule[], defaultResult: number = refuse): SeccompProfile => {
  return { architecture: 'x86_64', defaultResult, rules: [...rules, rule([execve])], unknown: [] };
};

/** Runs a program as the kernel does. */
function run(program: Buffer, number: number, values: readonly bigint[] = [], audit = 0xc000_003e): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(audit, 4);
  for (const [index, value] of values.entries()) data.writeBigUInt64LE(value, 16 + 8 * index);
  let accumulator = 0;
  for (let at = 0; at < program.length; at += 8) {
    const [code, yes, no] = [program.readUInt16LE(at), program.readUInt8(at + 2), program.readUInt8(at + 3)];
    const value = program.readUInt32LE(at + 4);
    const jump = (met: boolean) => {
      at += 8 * (met ? yes : no);
    };
    if (code === 0x06) return value;
    if (code === 0x20) accumulator = data.readUInt32LE(value);
    else if (code === 0x54) accumulator = (accumulator & value) >>> 0;
    else if (code === 0x05) at += 8 * value;
    else if (code === 0x15) jump(accumulator === value);
    else if (code === 0x25) jump(accumulator > value);
    else if (code === 0x35) jump(accumulator >= value);
    else assert.fail(`an unknown instruction ${code}`);
  }
  return assert.fail('the program does not end');
}

const isMet = ({ argument, operator, value, valueTwo }: Condition, values: readonly bigint[]): boolean => {
  const actual = values[argument]!;
  const results = {
    NE: actual !== value,
    LT: actual < value,
    LE: actual <= value,
    EQ: actual === value,
    GE: actual >= value,
    GT: actual > value,
    MASKED_EQ: (actual & value) === valueTwo,
  };
  return results[operator];
};

/** Says in plain words what a profile means. */
function expected({ rules, defaultResult }: SeccompProfile, number: number, values: readonly bigint[]): number {
  const its = rules.filter(({ numbers }) => numbers.includes(number));
  const plain = its.find(({ conditions }) => conditions.length === 0);
  const met = its.find(({ conditions }) => conditions.every(each => isMet(each, values)));
  const newest = Math.max(...rules.flatMap(({ numbers }) => numbers));
  const byDefault = number > newest && defaultResult === refuse ? actions.ERRNO | 38 : defaultResult;
  return (plain ?? met)?.result ?? byDefault;
}

// Halves that are often equal, so that all ways through a comparison are taken.
const half = fc.oneof(fc.integer({ min: 0, max: 2 }), fc.constant(0xffff_ffff), fc.constant(0x8000_0000), fc.nat());
const value = fc.tuple(half, half).map(([high, low]) => (BigInt(high) << 32n) | BigInt(low));
const condition = fc.record({
  argument: fc.integer({ min: 0, max: 5 }),
  operator: fc.constantFrom(...operators),
  value,
  valueTwo: value,
});
const anyRule = fc.record({
  numbers: fc.array(
    fc.integer({ min: 0, max: 470 }).filter(number => number !== execve),
    { minLength: 1, maxLength: 40 },
  ),
  result: fc.constantFrom(allow, refuse, actions.ERRNO | 38, actions.KILL_PROCESS, actions.TRAP),
  conditions: fc.oneof(fc.constant([]), fc.uniqueArray(condition, { maxLength: 6, selector: each => each.argument })),
  withCapabilities: fc.constant([]),
  withoutCapabilities: fc.constant([]),
});

const numbers = Array.from({ length: 473 }, (_, number) => number);

test('a filter decides as its profile says, whatever is in it', () => {
  const byDefault = fc.constantFrom(refuse, allow, actions.KILL_PROCESS);
  const profiles = fc.tuple(fc.array(anyRule, { maxLength: 30 }), byDefault).map(each => profileOf(...each));
  const values = fc.array(value, { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(profiles, fc.array(values, { minLength: 1, maxLength: 4 }), (profile, calls) => {
      let program: Buffer;
      try {
        program = compileFilter(profile, everything);
      } catch (error) {
        return assert.match(String(error), /give it fewer rules/);
      }
      // Values that conditions compare with, where the results are closest to each other.
      const close = profile.rules.map(({ conditions }, index) =>
        conditions.reduce<bigint[]>(
          (each, { argument, value, valueTwo }) => each.with(argument, index % 2 ? value : valueTwo),
          calls[0]!,
        ),
      );
      for (const call of [...calls, ...close]) {
        const differing = numbers.filter(number => run(program, number, call) !== expected(profile, number, call));
        assert.deepEqual(differing, [], `with ${call}`);
      }
    }),
    { numRuns: 80 },
  );
});

test('system calls that are newer than a profile do not exist', () => {
  const rules = [rule([0, 40]), rule([332], { withCapabilities: ['KILL'] })];
  const results = (byDefault: number) => {
    const program = compileFilter(profileOf(rules, byDefault), everything);
    return [41, 332, 333, 435].map(number => run(program, number));
  };
  assert.deepEqual(results(refuse), [refuse, refuse, actions.ERRNO | 38, actions.ERRNO | 38]);
  assert.deepEqual(results(actions.TRAP), [actions.TRAP, actions.TRAP, actions.TRAP, actions.TRAP]);
});

test('other architectures are killed, and the ABI of x32 is not there', () => {
  const program = compileFilter(profileOf([], allow), everything);
  assert.equal(run(program, 83), allow);
  assert.equal(run(program, 39, [], 0x4000_0003), actions.KILL_PROCESS);
  assert.equal(run(program, 0x4000_0000 + 83), actions.ERRNO | 38);
  assert.equal(run(program, 0xffff_ffff), actions.ERRNO | 38);
  const arm = compileFilter({ ...profileOf([rule([221])], refuse), architecture: 'aarch64' }, everything);
  assert.equal(run(arm, 221, [], 0xc000_00b7), allow);
  assert.equal(run(arm, 221), actions.KILL_PROCESS);
});

test('rules are for containers with some capabilities, or without', () => {
  const needing = rule([1], { withCapabilities: ['CHOWN', 'SYS_ADMIN'] });
  const excluding = rule([2], { withoutCapabilities: ['CHOWN', 'KILL'] });
  const results = (...capabilities: string[]) => {
    const program = compileFilter(profileOf([needing, excluding]), new Set(capabilities));
    return [run(program, 1), run(program, 2)];
  };
  assert.deepEqual(results('CHOWN', 'SYS_ADMIN'), [allow, refuse]);
  assert.deepEqual(results('CHOWN'), [refuse, refuse]);
  assert.deepEqual(results('SYS_ADMIN'), [refuse, allow]);
});

test('a usual profile is short', () => {
  const numbers = Array.from({ length: 335 }, (_, number) => number).filter(number => number % 7 !== 0);
  assert.ok(compileFilter(profileOf([rule(numbers)]), everything).length / 8 < 250);
});

test('what cannot work is refused', () => {
  const noExec = { ...profileOf([]), rules: [rule([1])] };
  assert.throws(() => compileFilter(noExec, everything), { message: /does not permit execve/ });
  const conditions: Condition[] = [{ argument: 0, operator: 'LT', value: 1n, valueTwo: 0n }];
  const many = Array.from({ length: 700 }, (_, number) => rule([number % 50], { conditions }));
  assert.throws(() => compileFilter(profileOf(many), everything), {
    message: /\d+ instructions, and the kernel takes 4096/,
  });
});
