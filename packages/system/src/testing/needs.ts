/** What a test needs of the machine or of the user who runs it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import path from 'node:path';

/** To be spread into the options of a test or a suite. */
export interface Need {
  /** False when the test can run; else `needs WHAT: WHY`, which the test runner counts apart. */
  readonly skip: string | false;
}

/**
 * The one way to say that a test cannot run everywhere: `test(name, needs.root('tasks run as other users'), …)`. The
 * runner counts such tests by what they need; it takes every other skipped test for a failure, and with CI=true these, too.
 */
export const needs = {
  /** To be root, with all capabilities. @param why what the test does with it. */
  root: (why: string): Need => need('root', why, process.geteuid?.() === 0),

  /** To mount file systems, and to make namespaces: CAP_SYS_ADMIN, which root in a container may lack. */
  mounting: (why: string): Need => need('the right to mount', why, hasCapability(21)),

  /** To make namespaces of users, networks, mounts and processes, as every user may on most machines. */
  namespaces: (why: string): Need => need('namespaces', why, canMakeNamespaces()),

  /** A program in PATH. @param install how to get it. */
  program: (name: string, install: string): Need => need(name, install, isProgram(name)),

  /** Files that a Debian package brings. */
  package: (name: string, ...files: readonly string[]): Need =>
    need(`the Debian package ${name}`, 'see .ci/packages', files.every(isReadable)),

  /** That many open files, or the right to raise the limit to it. */
  descriptors: (count: number, why: string): Need =>
    need(`${count} file descriptors`, why, openFilesLimit() >= count || hasCapability(24)),

  /** An IPv6 address of this machine, `::1`. */
  ipv6: (why: string): Need =>
    need(
      'IPv6',
      why,
      Object.values(networkInterfaces()).some(all => all?.some(({ address }) => address === '::1')),
    ),
};

/** The first of several needs that is not met. */
export const all = (...each: readonly Need[]): Need => each.find(({ skip }) => skip !== false) ?? { skip: false };

const need = (what: string, why: string, isMet: boolean): Need => ({ skip: isMet ? false : `needs ${what}: ${why}` });

/** @param bit as in linux/capability.h. */
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

/** The hard limit, to which every process may raise its own. */
function openFilesLimit(): number {
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);
}
