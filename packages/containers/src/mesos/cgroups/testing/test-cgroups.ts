import { readdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Cgroups } from '../cgroups.ts';
import { readHierarchies } from '../hierarchies.ts';

/** The root cgroup of this test process's containers, which goes when the process ends. */
export const testCgroupsRoot = `meseta-test-${basename(dirname(tmpdir()))}-${process.pid}`;

const hierarchies = await readHierarchies('/sys/fs/cgroup');

/** Cgroups below a root of this process's own. */
export const testCgroups = new Cgroups(
  { cgroups_hierarchy: '/sys/fs/cgroup', cgroups_root: testCgroupsRoot, cgroups_destroy_timeout: 5000 },
  hierarchies,
);

process.on('exit', () => {
  for (const { path } of hierarchies) {
    if (readdirSync(path).includes(testCgroupsRoot)) rmdirSync(join(path, testCgroupsRoot));
  }
});
