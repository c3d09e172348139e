import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const mounted = '/sys/fs/cgroup';
let number = 0;

/** A name for `--cgroups_root` that no other test has. Removed after the test, which fails when containers left any. */
export class CgroupsRoot {
  readonly name = `meseta-test-${process.pid}-${++number}`;

  constructor(t: TestContext) {
    t.after(() => {
      const left = this.left();
      for (const path of this.roots()) removeTree(path);
      if (left.length > 0) throw new Error(`Cgroups are left:\n${left.join('\n')}`);
    });
  }

  /** Paths of the cgroups of containers. */
  left(): string[] {
    return this.roots().flatMap(root => groupsIn(root).map(name => join(root, name)));
  }

  /** Paths of the cgroup in all hierarchies. */
  roots(): string[] {
    const hierarchies = [mounted, ...groupsIn(mounted).map(name => join(mounted, name))];
    return hierarchies.map(path => join(path, this.name)).filter(path => existsSync(path));
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
