/** The words of seccomp profiles, and the kernel's numbers for them (see seccomp(2)). */
import type { SeccompArchitecture } from './syscalls.ts';

/** How two values are compared; each 64 bits, without a sign. */
export const operators = ['NE', 'LT', 'LE', 'EQ', 'GE', 'GT', 'MASKED_EQ'] as const;

/** See {@link operators}. */
export type Operator = (typeof operators)[number];

/** What a filter returns, without its data. */
export const actions = {
  KILL: 0x0000_0000, // the thread, as in libseccomp
  KILL_THREAD: 0x0000_0000,
  KILL_PROCESS: 0x8000_0000,
  TRAP: 0x0003_0000,
  ERRNO: 0x0005_0000,
  TRACE: 0x7ff0_0000,
  LOG: 0x7ffc_0000,
  ALLOW: 0x7fff_0000,
} as const;

/** An action of a profile. */
export type Action = keyof typeof actions;

/** Tells whether a filter's result lets a system call happen. */
export const permits = (result: number): boolean => result === actions.ALLOW || result === actions.LOG;

/** Names of architectures in `archMap`. */
export const architectureNames: readonly string[] = [
  ...['X86', 'X86_64', 'X32', 'ARM', 'AARCH64', 'MIPS', 'MIPSEL', 'MIPS64', 'MIPSEL64', 'MIPS64N32', 'MIPSEL64N32'],
  ...['PPC', 'PPC64', 'PPC64LE', 'S390', 'S390X', 'PARISC', 'PARISC64', 'RISCV64', 'LOONGARCH64', 'M68K', 'SH', 'SHEB'],
];

/** Names of architectures in `arches` of a rule, which are those of Go. */
export const archNames: readonly string[] = [
  ...['x86', 'amd64', 'x32', 'arm', 'arm64', 'mips', 'mipsel', 'mips64', 'mipsel64', 'mips64n32', 'mipsel64n32'],
  ...['ppc', 'ppc64', 'ppc64le', 's390', 's390x', 'parisc', 'parisc64', 'riscv64', 'loong64', 'm68k', 'sh', 'sheb'],
];

/** What differs between the architectures that filters are made for. */
export interface ArchitectureFacts {
  /** Its name in `arches`. */
  readonly arch: string;
  /** AUDIT_ARCH_* of linux/audit.h, by which a filter recognizes it. */
  readonly audit: number;
  /** From this number on, system calls are those of another ABI (x32), which is refused. */
  readonly foreignFrom?: number;
}

/** By architecture. */
export const architectureFacts: Readonly<Record<SeccompArchitecture, ArchitectureFacts>> = {
  x86_64: { arch: 'amd64', audit: 0xc000_003e, foreignFrom: 0x4000_0000 },
  aarch64: { arch: 'arm64', audit: 0xc000_00b7 },
};

/** Returns the architecture of this machine; undefined when no filters are made for it. */
export function ownArchitecture(arch: string = process.arch): SeccompArchitecture | undefined {
  return ({ x64: 'x86_64', arm64: 'aarch64' } as const)[arch];
}
