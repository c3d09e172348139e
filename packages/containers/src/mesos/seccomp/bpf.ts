/** Instructions of classic BPF that seccomp filters are made of (see linux/filter.h). */

/** The maximum length of a program, BPF_MAXINSNS. */
export const maximumInstructions = 4096;

/** One instruction: struct sock_filter. */
export interface Instruction {
  readonly code: number;
  /** For jumps: how many instructions are skipped when the comparison is true, and when it is false. Up to 255. */
  readonly whenTrue: number;
  readonly whenFalse: number;
  readonly value: number;
}

const comparisons = { equal: 0x15, greater: 0x25, greaterOrEqual: 0x35 } as const;

/** A comparison of the accumulator with a value, both 32 bits without a sign. */
export type Comparison = keyof typeof comparisons;

const instruction = (code: number, value: number, whenTrue = 0, whenFalse = 0): Instruction => {
  return { code, whenTrue, whenFalse, value };
};

/** Loads 32 bits of the system call's description into the accumulator. */
export const load = (offset: number): Instruction => instruction(0x20, offset);

/** Leaves only the bits of a mask in the accumulator. */
export const and = (mask: number): Instruction => instruction(0x54, mask);

/** Ends the program with a result. */
export const ret = (result: number): Instruction => instruction(0x06, result >>> 0);

/** Compares, and skips as many instructions as the result says. */
export function jump(comparison: Comparison, value: number, whenTrue: number, whenFalse: number): Instruction {
  return instruction(comparisons[comparison], value, whenTrue, whenFalse);
}

/** Skips any number of instructions when a comparison is true. */
jump.far = (comparison: Comparison, value: number, count: number): Instruction[] =>
  count <= 255 ? [jump(comparison, value, count, 0)] : [jump(comparison, value, 0, 1), instruction(0x05, count)]; // a jump without a condition is not limited

/** Returns a program as the kernel reads it, on a machine that has the lowest byte first. */
export function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, { code, whenTrue, whenFalse, value }] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(whenTrue, index * 8 + 2);
    bytes.writeUInt8(whenFalse, index * 8 + 3);
    bytes.writeUInt32LE(value, index * 8 + 4);
  }
  return bytes;
}
