/**
 * Reads seccomp profiles in the format of Docker: which system calls the processes of a container may make, by name, and
 * what happens to others.
 *
 * ```json
 * {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"}]}
 * ```
 *
 * Fields that newer versions of Docker have added are understood (`errnoRet`, `defaultErrnoRet`, `minKernel`), and those that
 * Mesos asks for may be missing.
 *
 * @see Mesos src/linux/seccomp/seccomp_parser.cpp
 */
import { parseJson } from '@meseta/protocol';
import { capabilityNames } from '../linux-names.ts';
import { ProfileReader } from './profile-reader.ts';
import { isSyscall, type SeccompArchitecture, syscallNumbers } from './syscalls.ts';
import {
  type Action,
  actions,
  architectureFacts,
  architectureNames,
  archNames,
  type Operator,
  operators,
  permits,
} from './words.ts';

/** A comparison of one argument of a system call. */
export interface Condition {
  /** From 0 to 5. */
  readonly argument: number;
  readonly operator: Operator;
  /** 64 bits. For `MASKED_EQ` the mask. */
  readonly value: bigint;
  /** What the masked argument must be; used by `MASKED_EQ` alone. */
  readonly valueTwo: bigint;
}

/** What happens to some system calls. */
export interface Rule {
  readonly numbers: readonly number[];
  /** What the filter returns. */
  readonly result: number;
  /** All of them must be met. */
  readonly conditions: readonly Condition[];
  /** Names of capabilities: the rule is for containers that can have all of these … */
  readonly withCapabilities: readonly string[];
  /** … and none of these. */
  readonly withoutCapabilities: readonly string[];
}

/** A profile, for one architecture and kernel. */
export interface SeccompProfile {
  readonly architecture: SeccompArchitecture;
  /** What the filter returns for system calls without a rule. */
  readonly defaultResult: number;
  readonly rules: readonly Rule[];
  /** Names that are no system call known here. They have no rule, and the default refuses them. */
  readonly unknown: readonly string[];
}

/** The machine that a profile is read for. */
export interface ProfileMachine {
  readonly architecture: SeccompArchitecture;
  /** The kernel's release, such as `6.1.0-13-amd64`. */
  readonly kernel: string;
}

const eperm = 1;
const maximumErrno = 4095;

/**
 * Reads a profile.
 *
 * @throws {SeccompProfileError} naming what is wrong, where, and what is allowed.
 */
export function parseProfile(text: string, machine: ProfileMachine): SeccompProfile {
  parseJson(text); // for its limits
  const reader = new ProfileReader(exactly(text), 'the profile');
  const defaultErrno = reader.optional('defaultErrnoRet', each => each.integer(0, maximumErrno)) ?? eperm;
  const defaultResult = resultOf(reader.field('defaultAction'), defaultErrno);
  for (const each of reader.list('archMap')) {
    architecture(each.field('architecture'));
    each.list('subArchitectures').forEach(architecture);
  }
  const unknown = new Set<string>();
  const rules = reader.list('syscalls').flatMap(each => {
    const names = namesOf(each);
    const rule = ruleOf(each, names);
    if (!applies(each, machine)) return [];
    return [{ ...rule, numbers: numbersOf(each, names, machine, defaultResult, unknown) }];
  });
  return { architecture: machine.architecture, defaultResult, rules, unknown: [...unknown] };
}

/** Parses JSON with integers that are too large for a number as they are written. */
function exactly(text: string): unknown {
  const reviver = (_key: string, value: unknown, { source = '' }: { source?: string } = {}) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^\d+$/.test(source) ? BigInt(source) : value;
  return JSON.parse(text, reviver);
}

function architecture(reader: ProfileReader): void {
  reader.word(architectureNames, 'SCMP_ARCH_');
}

function resultOf(reader: ProfileReader, errno: number): number {
  const action = reader.word<Action>(Object.keys(actions) as Action[], 'SCMP_ACT_');
  return (actions[action] | (action === 'ERRNO' || action === 'TRACE' ? errno : 0)) >>> 0;
}

function namesOf(rule: ProfileReader): readonly string[] {
  const names = [...rule.list('names'), ...(rule.optional('name', each => [each]) ?? [])].map(each => each.text());
  if (names.length === 0) throw rule.error("has no 'names': it must name at least one system call");
  return names;
}

function ruleOf(rule: ProfileReader, names: readonly string[]): Omit<Rule, 'numbers'> {
  const at = rule.named(names[0]!);
  const errno = at.optional('errnoRet', each => each.integer(0, maximumErrno)) ?? eperm;
  const conditions = at.list('args').map(conditionOf);
  const compared = conditions.map(({ argument }) => argument);
  const twice = compared.find((each, index) => compared.indexOf(each) < index);
  if (twice !== undefined) throw at.error(`compares argument ${twice} twice: write two rules, one of which is enough`);
  return {
    result: resultOf(at.field('action'), errno),
    conditions,
    withCapabilities: capabilitiesOf(at, 'includes'),
    withoutCapabilities: capabilitiesOf(at, 'excludes'),
  };
}

function conditionOf(reader: ProfileReader): Condition {
  return {
    argument: reader.field('index').integer(0, 5),
    operator: reader.field('op').word(operators, 'SCMP_CMP_'),
    value: reader.field('value').bits64(),
    valueTwo: reader.optional('valueTwo', each => each.bits64()) ?? 0n,
  };
}

function capabilitiesOf(rule: ProfileReader, which: 'includes' | 'excludes'): string[] {
  return rule.optional(which, each => each.list('caps').map(cap => cap.word(capabilityNames, 'CAP_'))) ?? [];
}

/** Tells whether a rule is for this machine. */
function applies(rule: ProfileReader, machine: ProfileMachine): boolean {
  const matches = (which: 'includes' | 'excludes') =>
    rule.optional(which, filter => {
      const arches = filter.list('arches').map(each => each.word(archNames));
      const kernel = filter.optional('minKernel', each => isAtLeast(machine.kernel, each));
      return {
        arch: arches.length === 0 ? undefined : arches.includes(architectureFacts[machine.architecture].arch),
        kernel,
      };
    });
  const [includes, excludes] = [matches('includes'), matches('excludes')];
  if (includes?.arch === false || includes?.kernel === false) return false;
  return !excludes?.arch && !excludes?.kernel;
}

function isAtLeast(release: string, reader: ProfileReader): boolean {
  const text = reader.text();
  const wanted = /^(\d+)\.(\d+)$/.exec(text);
  if (!wanted) throw reader.error(`is '${text}': it must be a version of the kernel such as 4.8`);
  const [has, wants] = [release.split('.'), wanted.slice(1)].map(([major, minor]) => [
    Number.parseInt(major ?? '0', 10),
    Number.parseInt(minor ?? '0', 10),
  ]) as [[number, number], [number, number]];
  return has[0] > wants[0] || (has[0] === wants[0] && has[1] >= wants[1]);
}

/**
 * Looks names up. One that is unknown may belong to a later kernel: without a rule it is refused, if the default refuses.
 * If the default permits, it would be permitted: then it is an error.
 */
function numbersOf(
  rule: ProfileReader,
  names: readonly string[],
  { architecture }: ProfileMachine,
  defaultResult: number,
  unknown: Set<string>,
): number[] {
  const numbers = syscallNumbers(architecture);
  for (const name of names.filter(each => !isSyscall(each))) {
    if (permits(defaultResult)) {
      throw rule.error(`names '${name}', which is no system call known here; the default action would permit it`);
    }
    unknown.add(name);
  }
  return names.flatMap(name => numbers.get(name) ?? []);
}
