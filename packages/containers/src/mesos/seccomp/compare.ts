/** Compares arguments of 64 bits, by a machine that has 32. */
import { and, type Comparison, type Instruction, jump, load } from './bpf.ts';
import type { Condition } from './profile.ts';
import type { Operator } from './words.ts';

/** Offset of the first argument in struct seccomp_data. */
const argumentsOffset = 16;

/** Where a comparison leads: on with what follows it, or out, because a condition is not met. */
type Way = 'on' | 'out' | 'next';

/** A comparison of one half: `next` is the comparison after it. */
type Step = readonly [half: 'high' | 'low', comparison: Comparison, whenTrue: Way, whenFalse: Way];

/** The highest bits decide, unless they are equal. */
const steps: Readonly<Record<Exclude<Operator, 'MASKED_EQ'>, readonly Step[]>> = {
  EQ: [
    ['high', 'equal', 'next', 'out'],
    ['low', 'equal', 'on', 'out'],
  ],
  NE: [
    ['high', 'equal', 'next', 'on'],
    ['low', 'equal', 'out', 'on'],
  ],
  GT: [
    ['high', 'greater', 'on', 'next'],
    ['high', 'equal', 'next', 'out'],
    ['low', 'greater', 'on', 'out'],
  ],
  GE: [
    ['high', 'greater', 'on', 'next'],
    ['high', 'equal', 'next', 'out'],
    ['low', 'greaterOrEqual', 'on', 'out'],
  ],
  LT: [
    ['high', 'greater', 'out', 'next'],
    ['high', 'equal', 'next', 'on'],
    ['low', 'greaterOrEqual', 'out', 'on'],
  ],
  LE: [
    ['high', 'greater', 'out', 'next'],
    ['high', 'equal', 'next', 'on'],
    ['low', 'greater', 'out', 'on'],
  ],
};

/**
 * Returns instructions that compare arguments. The one after them runs when all conditions are met; otherwise it is skipped.
 */
export function compare(conditions: readonly Condition[]): Instruction[] {
  let program: Instruction[] = [];
  for (const condition of conditions.toReversed()) program = [...compareOne(condition, program.length), ...program];
  return program;
}

/** @param after how many instructions there are until that which is skipped when the condition is not met. */
function compareOne({ argument, operator, value, valueTwo }: Condition, after: number): Instruction[] {
  const masked = operator === 'MASKED_EQ';
  const wanted = masked ? valueTwo : value;
  const list = steps[masked ? 'EQ' : operator];
  const halves = { high: Number(wanted >> 32n), low: Number(wanted & 0xffff_ffffn) };
  const masks = { high: Number(value >> 32n), low: Number(value & 0xffff_ffffn) };
  let program: Instruction[] = [];
  for (const [index, [half, comparison, whenTrue, whenFalse]] of [...list.entries()].toReversed()) {
    const ways = { next: 0, on: program.length, out: program.length + after + 1 };
    const isLoaded = list[index - 1]?.[0] === half;
    const offset = argumentsOffset + 8 * argument + (half === 'high' ? 4 : 0);
    program = [
      ...(isLoaded ? [] : [load(offset), ...(masked ? [and(masks[half])] : [])]),
      jump(comparison, halves[half], ways[whenTrue], ways[whenFalse]),
      ...program,
    ];
  }
  return program;
}
