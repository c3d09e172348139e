import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { eventually } from '@meseta/system/testing';

const mounted = '/sys/fs/cgroup';
let number = 0;

/** A name for `--cgroups_root` that no other test has. Removed after the test, which fails when containers left any. */
export class CgroupsRoot {
  readonly name = cgroupName(String(++number));

  constructor(t: TestContext) {
    t.after(async () => {
      // A task's last status is sent before its container is gone.
      const what = () => `no cgroup to be left:\n${this.left().join('\n')}`;
      try {
        await eventually(what, () => this.left().length === 0);
      } finally {
        for (const path of this.roots()) removeTree(path);
      }
    });
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
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
    return false;
  }
}

function groupsIn(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name }) => name);
}

function removeTree(path: string): void {
  for (const name of groupsIn(path)) removeTree(join(path, name));
  rmdirSync(path);
}
