/** Declares what a test needs of the machine or of its user. */
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import path from 'node:path';

/** Options of a test or a suite. */
export interface Need {
  /** False when the test can run; else `needs WHAT: WHY`, which the test runner counts separately. */
  readonly skip: string | false;
}

/**
 * Declares that a test cannot run everywhere: `test(name, needs.root('tasks run as other users'), …)`. The runner
 * counts such tests by what they need. Any other skipped test counts as a failure, and with CI=true these do, too.
 */
export const needs = {
  /** Needs root with all capabilities. @param why what the test does with it. */
  root: (why: string): Need => need('root', why, process.geteuid?.() === 0),

  /** Needs to mount file systems and to create namespaces: CAP_SYS_ADMIN, which root in a container may lack. */
  mounting: (why: string): Need => need('the right to mount', why, hasCapability(21)),

  /** Needs to create namespaces of users, networks, mounts and processes, which every user may on most machines. */
  namespaces: (why: string): Need => need('namespaces', why, canMakeNamespaces()),

  /** Needs a program in PATH. @param install how to get it. */
  program: (name: string, install: string): Need => need(name, install, isProgram(name)),

  /** Needs files of a Debian package. */
  package: (name: string, ...files: readonly string[]): Need =>
    need(`the Debian package ${name}`, 'see .ci/packages', files.every(isReadable)),

  /** Needs that many open files, or the right to raise the limit. */
  descriptors: (count: number, why: string): Need =>
    need(`${count} file descriptors`, why, openFilesLimit() >= count || hasCapability(24)),

  /** Needs the IPv6 address `::1`. */
  ipv6: (why: string): Need =>
    need(
      'IPv6',
      why,
      Object.values(networkInterfaces()).some(all => all?.some(({ address }) => address === '::1')),
    ),
};

/** Returns the first of several needs that is not met. */
export const all = (...each: readonly Need[]): Need => each.find(({ skip }) => skip !== false) ?? { skip: false };

const need = (what: string, why: string, isMet: boolean): Need => ({ skip: isMet ? false : `needs ${what}: ${why}` });

/** Tells whether this process has a capability. @param bit its number in linux/capability.h. */
function hasCapability(bit: number): boolean {
  const [, effective = '0'] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return ((BigInt(`0x${effective}`) >> BigInt(bit)) & 1n) === 1n;
}

function canMakeNamespaces(): boolean {
  const mapped = process.geteuid?.() === 0 ? [] : ['--user', '--map-current-user', '--keep-caps'];
  const argv = [...mapped, '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'ip', 'link'];
  return spawnSync('unshare', argv, { stdio: 'ignore' }).status === 0;
}

function isProgram(name: string): boolean {
  const directories = (process.env.PATH ?? '').split(path.delimiter);
  return directories.some(directory => isReadable(path.join(directory, name), constants.X_OK));
}

function isReadable(file: string, mode = constants.R_OK): boolean {
  try {
    accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
}

/** Returns the hard limit of open files, to which every process may raise its own. */
function openFilesLimit(): number {
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);
}
