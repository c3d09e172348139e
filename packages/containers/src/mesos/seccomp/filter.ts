/**
 * Turns a profile into a program of classic BPF, which the kernel runs before each system call (see seccomp(2)).
 *
 * ```text
 * another architecture: kill ─▶ another ABI: ENOSYS ─▶ search the number ─▶ for each rule: compare arguments ─▶ result
 * ```
 *
 * The search is binary, over ranges of numbers with the same result: the usual profile takes about 7 comparisons.
 */
import { encode, type Instruction, jump, load, maximumInstructions, ret } from './bpf.ts';
import { compare } from './compare.ts';
import type { Rule, SeccompProfile } from './profile.ts';
import { SeccompProfileError } from './profile-reader.ts';
import { syscallNumbers } from './syscalls.ts';
import { actions, architectureFacts, permits } from './words.ts';

/** Offsets in struct seccomp_data. */
const [numberOffset, architectureOffset] = [0, 4];
const enosys = 38;

/** What happens to a system call: the first rule whose conditions are met, otherwise the last result. */
interface Outcome {
  readonly conditional: readonly Rule[];
  readonly result: number;
}

/** From this number to that of the next one. */
interface Range extends Outcome {
  readonly from: number;
}

/**
 * Compiles a profile for a container. Of several rules for a system call, one without conditions counts more than those
 * with some, as in libseccomp; otherwise the first counts.
 *
 * System calls that are newer than all that the profile names do not exist, instead of being refused with the default's
 * errno: programs then use older ones. Container runtimes that Docker uses do the same. Without it, threads cannot be started
 * with a profile of before clone3(2).
 *
 * @param capabilities names of those that the container can have.
 * @returns the instructions, as the kernel reads them.
 * @throws {SeccompProfileError} the profile is too long, or permits no program to be executed.
 */
export function compileFilter(profile: SeccompProfile, capabilities: ReadonlySet<string>): Buffer {
  const rules = profile.rules.filter(
    ({ withCapabilities, withoutCapabilities }) =>
      withCapabilities.every(each => capabilities.has(each)) &&
      !withoutCapabilities.some(each => capabilities.has(each)),
  );
  const outcomes = outcomesOf(rules, profile.defaultResult);
  const { audit, foreignFrom } = architectureFacts[profile.architecture];
  const exec = outcomes.get(syscallNumbers(profile.architecture).get('execve')!);
  if (!permits(exec?.result ?? profile.defaultResult) && !exec?.conditional.some(({ result }) => permits(result))) {
    throw new SeccompProfileError('the profile does not permit execve, so no program could be started');
  }
  const program = [
    load(architectureOffset),
    jump('equal', audit, 1, 0),
    ret(actions.KILL_PROCESS),
    load(numberOffset),
    ...(foreignFrom === undefined ? [] : [jump('greaterOrEqual', foreignFrom, 0, 1), ret(actions.ERRNO | enosys)]),
    ...search(rangesOf(outcomes, profile)),
  ];
  if (program.length > maximumInstructions) {
    const length = `the profile becomes ${program.length} instructions`;
    throw new SeccompProfileError(`${length}, and the kernel takes ${maximumInstructions}: give it fewer rules`);
  }
  return encode(program);
}

function outcomesOf(rules: readonly Rule[], defaultResult: number): Map<number, Outcome> {
  const found = new Map<number, { conditional: Rule[]; result?: number }>();
  for (const rule of rules) {
    for (const number of rule.numbers) {
      const outcome = found.get(number) ?? { conditional: [] };
      found.set(number, outcome);
      if (rule.conditions.length > 0) outcome.conditional.push(rule);
      else outcome.result ??= rule.result;
    }
  }
  return new Map(
    [...found].map(([number, { conditional, result }]) => [
      number,
      result === undefined ? { conditional, result: defaultResult } : { conditional: [], result },
    ]),
  );
}

/** Joins neighbours with the same outcome. Numbers between those that have one have the default. */
function rangesOf(outcomes: ReadonlyMap<number, Outcome>, { rules, defaultResult }: SeccompProfile): Range[] {
  const byDefault: Outcome = { conditional: [], result: defaultResult };
  const isErrno = (defaultResult & 0xffff_0000) === actions.ERRNO;
  const ranges: Range[] = [{ from: 0, ...byDefault }];
  const add = (from: number, outcome: Outcome) => {
    const last = ranges.at(-1)!;
    const same = last.result === outcome.result && last.conditional.length + outcome.conditional.length === 0;
    if (same) return;
    if (last.from === from) ranges.pop();
    ranges.push({ from, ...outcome });
  };
  let next = 0;
  for (const [number, outcome] of [...outcomes].sort(([a], [b]) => a - b)) {
    if (number > next) add(next, byDefault);
    add(number, outcome);
    next = number + 1;
  }
  add(next, byDefault);
  const newest = rules.reduce((most, { numbers }) => Math.max(most, ...numbers), 0);
  if (isErrno) add(newest + 1, { conditional: [], result: actions.ERRNO | enosys });
  return ranges;
}

function search(ranges: readonly Range[]): Instruction[] {
  if (ranges.length === 1) return decide(ranges[0]!);
  const middle = ranges.length >> 1;
  const [below, above] = [search(ranges.slice(0, middle)), search(ranges.slice(middle))];
  return [...jump.far('greaterOrEqual', ranges[middle]!.from, below.length), ...below, ...above];
}

/** The number has been found, so its place may be used for arguments. */
function decide({ conditional, result }: Outcome): Instruction[] {
  return [...conditional.flatMap(rule => [...compare(rule.conditions), ret(rule.result)]), ret(result)];
}
