/**
 * Removes temporary directories that a process could not remove, because it was killed. Their names say which process
 * made them: `meseta-PID-START-MARK-XXXXXX` has its pid, its start time, and a mark of the boot and of the PID namespace
 * that both numbers belong to.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, readProcess } from '../processes/proc.ts';

/** The process that makes a directory, as names of directories have it. */
export interface Maker {
  readonly pid: number;
  /** Clock ticks from boot to its start. */
  readonly start: number;
  /** Differs between boots, machines and PID namespaces: only where it is the same can the process be looked up. */
  readonly mark: string;
}

const form = /^meseta-(?:[a-z]+-)?(\d+)-(\d+)-([0-9a-f]{8})-[A-Za-z0-9]{6}$/;
/** Removes its arguments. Users other than root cannot remove what is in a directory without permissions: these are given first. */
const removing = 'rm -rf -- "$@" || { [ "$(id -u)" != 0 ] && chmod -R u+rwX -- "$@"; rm -rf -- "$@"; }';
/** The number of directories that are removed at a time. The next start removes more. */
const most = 100;

/** Describes this process; undefined where /proc does not show it: then it cannot be found by others either. */
export async function thisProcess(): Promise<Maker | undefined> {
  const own = readProcess(process.pid);
  if (own === undefined) return undefined;
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const namespace = await readlink('/proc/self/ns/pid');
    const mark = createHash('sha256').update(`${boot.trim()} ${namespace}`).digest('hex').slice(0, 8);
    return { pid: own.pid, start: own.start, mark };
  } catch {
    return undefined; // the kernel was built without namespaces, or hides them
  }
}

/** Returns the part of a directory's name that follows the prefix. */
export const makerPart = ({ pid, start, mark }: Maker): string => `${pid}-${start}-${mark}-`;

/** Does what has to be done before an abandoned directory is removed. After a rejection the directory stays. */
export type BeforeRemoval = (directory: string) => Promise<void>;

/**
 * Starts to remove the directories of this user in `parent` whose process has ended, and does not wait for that. Links,
 * directories that others may write to, and those of another boot or PID namespace stay. A removal that fails is tried
 * again by the next call.
 *
 * @param parent a directory in which no other user can replace the entries of this user.
 */
export async function removeAbandoned(parent: string, { mark }: Maker, before?: BeforeRemoval): Promise<void> {
  const names = await readdir(parent).catch((): string[] => []); // some systems do not let users list it
  const abandoned: string[] = [];
  for (const name of names) {
    const [, pid, start, ofMark] = form.exec(name) ?? [];
    if (ofMark !== mark || isAlive({ pid: Number(pid), start: Number(start) })) continue;
    const path = join(parent, name);
    if ((await isOwn(path)) && (await isReady(path, before))) abandoned.push(path);
    if (abandoned.length === most) break;
  }
  if (abandoned.length === 0) return;
  // rm(1) does not follow links, also when a task that is left replaces a directory by one meanwhile.
  const removal = spawn('sh', ['-c', removing, 'sh', ...abandoned], { stdio: 'ignore', detached: true });
  removal.on('error', () => undefined).unref(); // without rm(1) they stay
}

async function isReady(path: string, before: BeforeRemoval = async () => {}): Promise<boolean> {
  return before(path).then(
    () => true,
    () => false, // the next start tries again
  );
}

async function isOwn(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => undefined); // another process has removed it
  if (!stats?.isDirectory()) return false;
  return stats.uid === process.geteuid?.() && (stats.mode & 0o022) === 0;
}
