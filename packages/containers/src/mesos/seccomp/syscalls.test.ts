import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { needs } from '@meseta/system/testing';
import { isSyscall, type SeccompArchitecture, syscallNumbers } from './syscalls.ts';

const headers: Record<SeccompArchitecture, string> = {
  x86_64: '/usr/include/x86_64-linux-gnu/asm/unistd_64.h',
  aarch64: '/usr/include/asm-generic/unistd.h',
};
/** No system calls. */
const markers = ['arch_specific_syscall', 'syscalls'];

for (const [architecture, header] of Object.entries(headers) as [SeccompArchitecture, string][]) {
  test(`numbers of ${architecture} are those of the kernel's headers`, needs.package('linux-libc-dev', header), () => {
    const numbers = syscallNumbers(architecture);
    const defined = [...readFileSync(header, 'utf8').matchAll(/^#define __NR_(\w+) (\d+)$/gm)];
    assert.ok(defined.length > 200);
    for (const [, name = '', number] of defined) {
      if (numbers.has(name) || architecture === 'x86_64') assert.equal(numbers.get(name), Number(number), name);
      else assert.ok(isSyscall(name) || markers.includes(name), name); // asm-generic has those of 32 bits, too
    }
    assert.equal(new Set(numbers.values()).size, numbers.size);
  });
}

test('names of other architectures are known, others are not', () => {
  for (const name of ['mkdir', 'chown32', 'riscv_flush_icache', 'listns']) assert.ok(isSyscall(name), name);
  for (const name of ['mkdri', '', '424']) assert.ok(!isSyscall(name), name);
  assert.equal(syscallNumbers('aarch64').get('mkdir'), undefined);
});
