import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseProfile } from './profile.ts';

const machine = { architecture: 'x86_64', kernel: '6.1.0-13-amd64' } as const;
const deny = { defaultAction: 'SCMP_ACT_ERRNO' };
const rule = (more: object) => ({ ...deny, syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_ALLOW', ...more }] });
const arg = { index: 0, value: 1, op: 'SCMP_CMP_EQ' };

const mistakes: readonly [name: string, profile: unknown, message: string | RegExp][] = [
  ['a list', [], 'the profile must be an object'],
  ['no default', {}, "the profile has no 'defaultAction'"],
  ['an unknown action', { defaultAction: 'ALLOW' }, /^'defaultAction' of the profile is 'ALLOW': .*SCMP_ACT_ALLOW$/],
  [
    'an action that needs a program beside',
    rule({ action: 'SCMP_ACT_NOTIFY' }),
    /'action' of syscalls\[0\] of the profile \(mkdir\) is/,
  ],
  [
    'an unknown architecture',
    { ...deny, archMap: [{ architecture: 'SCMP_ARCH_VAX' }] },
    /archMap\[0\].*'SCMP_ARCH_VAX'/,
  ],
  ['rules that are no list', { ...deny, syscalls: {} }, "'syscalls' of the profile must be a list"],
  ['no names', rule({ names: [] }), "syscalls[0] of the profile has no 'names': it must name at least one system call"],
  ['a name that is no text', rule({ names: [7] }), 'names[0] of syscalls[0] of the profile must be a string'],
  ['an errno that is none', rule({ errnoRet: 5000 }), /errnoRet.* must be an integer from 0 to 4095/],
  ['an argument that there is not', rule({ args: [{ ...arg, index: 6 }] }), /'index' of args\[0\].* from 0 to 5/],
  ['a negative value', rule({ args: [{ ...arg, value: -1 }] }), /'value' of args\[0\].*from 0 to 18446744073709551615/],
  ['a value that is too large', rule({ args: [{ ...arg, value: 2 ** 64 }] }), /from 0 to 18446744073709551615/],
  ['an unknown operator', rule({ args: [{ ...arg, op: 'SCMP_CMP_ABOUT' }] }), /SCMP_CMP_NE, .*SCMP_CMP_MASKED_EQ$/],
  ['an argument compared twice', rule({ args: [arg, arg] }), /compares argument 0 twice: write two rules/],
  ['an unknown capability', rule({ includes: { caps: ['CAP_FLY'] } }), /caps\[0\] of 'includes'.*'CAP_FLY'/],
  ['an unknown arch', rule({ excludes: { arches: ['vax'] } }), /arches\[0\] of 'excludes'.*'vax'/],
  ['no version', rule({ includes: { minKernel: 'new' } }), /'minKernel'.*is 'new'.* such as 4.8/],
  [
    'an unknown name that the default permits',
    { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['mkdri'], action: 'SCMP_ACT_ERRNO' }] },
    "syscalls[0] of the profile names 'mkdri', which is no system call known here; the default action would permit it",
  ],
];
for (const [name, profile, message] of mistakes) {
  test(`is refused: ${name}`, () => {
    assert.throws(() => parseProfile(JSON.stringify(profile), machine), { name: 'SeccompProfileError', message });
  });
}

test('what is not JSON is refused, with the place', () => {
  assert.throws(() => parseProfile('{"defaultAction": SCMP}', machine), /syntax error at line 1 near: /);
});

const conditions: readonly [name: string, filter: object, applies: boolean][] = [
  ['this architecture', { includes: { arches: ['arm', 'amd64'] } }, true],
  ['another architecture', { includes: { arches: ['arm64'] } }, false],
  ['not this architecture', { excludes: { arches: ['amd64'] } }, false],
  ['not another architecture', { excludes: { arches: ['s390x'] } }, true],
  ['an older kernel', { includes: { minKernel: '4.8' } }, true],
  ['this kernel', { includes: { minKernel: '6.1' } }, true],
  ['a newer kernel', { includes: { minKernel: '6.10' } }, false],
  ['not from this kernel on', { excludes: { minKernel: '6.1' } }, false],
  ['nothing', { includes: {}, excludes: {}, args: null }, true],
];
for (const [name, filter, applies] of conditions) {
  test(`a rule is for ${name}`, () => {
    assert.equal(parseProfile(JSON.stringify(rule(filter)), machine).rules.length, applies ? 1 : 0);
  });
}

test('a profile with the fields of Docker and of older versions', () => {
  const text = `{
    "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
    "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]},
                {"architecture": "SCMP_ARCH_RISCV64", "subArchitectures": null}],
    "syscalls": [
      {"names": ["mkdir", "chown32", "later_than_this"], "action": "SCMP_ACT_TRACE", "comment": "",
       "args": [{"index": 1, "value": 18446744073709551615, "valueTwo": 9007199254740993, "op": "SCMP_CMP_MASKED_EQ"}],
       "includes": {"caps": ["CAP_CHOWN"]}, "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
      {"name": "mkdirat", "action": "SCMP_ACT_ERRNO", "errnoRet": 13}
    ]}`;
  assert.deepEqual(parseProfile(text, machine), {
    architecture: 'x86_64',
    defaultResult: 0x0005_0026,
    unknown: ['later_than_this'],
    rules: [
      {
        numbers: [83],
        result: 0x7ff0_0001,
        conditions: [
          { argument: 1, operator: 'MASKED_EQ', value: 0xffff_ffff_ffff_ffffn, valueTwo: 9007199254740993n },
        ],
        withCapabilities: ['CHOWN'],
        withoutCapabilities: ['SYS_ADMIN'],
      },
      { numbers: [258], result: 0x0005_000d, conditions: [], withCapabilities: [], withoutCapabilities: [] },
    ],
  });
});
