import { type Dirent, existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { unlessGone } from './files-below.ts';
import { kill } from './processes.ts';

const mounted = '/sys/fs/cgroup';
let number = 0;

/** A name for `--cgroups_root` that no other test has. Removed after the test, which fails when containers left any. */
export class CgroupsRoot {
  readonly name = cgroupName(String(++number));

  constructor(t: TestContext) {
    t.after(async () => {
      // A task's last status is sent before its container is gone.
      const what = () => `no cgroup to be left:\n${[...this.left(), ...membersBelow(this.name)].join('\n')}`;
      try {
        // A failed test has not ended its tasks.
        if (t.passed) await eventually(what, () => this.left().length === 0);
      } catch (error) {
        // At last: a failure here would keep the cluster from being removed, and so the test file from ending.
        t.after(() => {
          throw error;
        });
      } finally {
        await eventually('the removal of cgroups', () => this.#endAll());
      }
    });
  }

  /** Kills what is in them. @returns false when they are not gone yet. */
  #endAll(): boolean {
    for (const pid of this.roots().flatMap(pidsIn)) kill(pid);
    return removeCgroups(this.name);
  }

  /** Paths of the cgroups of containers. */
  left(): string[] {
    return this.roots().flatMap(root => groupsIn(root).map(name => join(root, name)));
  }

  /** Paths of the cgroup in all hierarchies. */
  roots(): string[] {
    return rootsOf(this.name);
  }
}

/** Returns a name that the test run recognizes as its own. */
export const cgroupName = (suffix: string) => `meseta-test-${basename(dirname(tmpdir()))}-${process.pid}-${suffix}`;

/** Paths of all cgroups below one of that name, in all hierarchies. */
export const cgroupsBelow = (name: string): string[] => rootsOf(name).flatMap(below);

const below = (path: string): string[] =>
  groupsIn(path).flatMap(each => [join(path, each), ...below(join(path, each))]);

/** The processes in cgroups of that name, as ps(1) shows them: what keeps these from being removed. */
export function membersBelow(name: string): string[] {
  return rootsOf(name)
    .flatMap(pidsIn)
    .map(pid => {
      try {
        return `process ${readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ').slice(0, 4).join(' ')}`;
      } catch {
        return `process ${pid}`; // it has ended meanwhile
      }
    });
}

function rootsOf(name: string): string[] {
  const hierarchies = [mounted, ...(existsSync(mounted) ? groupsIn(mounted) : []).map(each => join(mounted, each))];
  return hierarchies.map(path => join(path, name)).filter(path => existsSync(path));
}

/** Removes the cgroups of that name and those below. @returns false when one still has processes. */
export function removeCgroups(name: string): boolean {
  try {
    for (const path of rootsOf(name)) removeTree(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EBUSY' && code !== 'ENOENT') throw error; // its agent removes them, too
    return false;
  }
}

function pidsIn(path: string): number[] {
  const text = unlessGone(() => readFileSync(join(path, 'cgroup.procs'), 'utf8'), '');
  const own = text.split('\n').filter(Boolean).map(Number);
  return [...own, ...groupsIn(path).flatMap(name => pidsIn(join(path, name)))];
}

function groupsIn(path: string): string[] {
  return unlessGone(() => readdirSync(path, { withFileTypes: true }), [] as Dirent[])
    .filter(entry => entry.isDirectory())
    .map(({ name }) => name);
}

function removeTree(path: string): void {
  for (const name of groupsIn(path)) removeTree(join(path, name));
  rmdirSync(path);
}
