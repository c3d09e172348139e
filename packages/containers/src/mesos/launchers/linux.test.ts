/** What the linux launcher does with version 2 of cgroups, in which there is one hierarchy for all. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkId } from '@meseta/protocol';
import { all, type Need, needs } from '@meseta/system/testing';
import { Cgroups } from '../cgroups/cgroups.ts';
import { type Hierarchy, readHierarchies } from '../cgroups/hierarchies.ts';
import { testCgroupsRoot } from '../cgroups/testing/test-cgroups.ts';
import { LinuxLauncher } from './linux.ts';
import { Harness, id } from './testing/harness.ts';

const mounted = '/sys/fs/cgroup';
const unified = existsSync(mounted) ? (await readHierarchies(mounted)).filter(({ version }) => version === 2) : [];
const hasVersion2: Need = {
  skip: unified.length > 0 ? false : 'needs version 2 of cgroups: it is mounted on most machines',
};

test(
  'processes of a nested container are not those of the one it is in',
  all(needs.root('cgroups'), hasVersion2),
  async t => {
    const top = `${testCgroupsRoot}-root`;
    const flags = { cgroups_hierarchy: mounted, cgroups_root: `${top}/containers`, cgroups_destroy_timeout: 5000 };
    const [hierarchy] = unified.map((each): Hierarchy => ({ ...each, controllers: [] }));
    assert.ok(hierarchy);
    const cgroups = new Cgroups(flags, [hierarchy]);
    t.after(async () => {
      await cgroups.close();
      rmdirSync(join(hierarchy.path, top));
    });
    const parent = checkId<'containerKey'>('parent');
    const nested = checkId<'containerKey'>('parent.nested');
    await cgroups.prepare(hierarchy);
    mkdirSync(cgroups.path(hierarchy, parent));
    await cgroups.prepareNested(hierarchy, parent);
    mkdirSync(cgroups.path(hierarchy, nested));
    const child = spawn('sleep', ['1000']);
    const ended = once(child, 'exit');
    try {
      writeFileSync(join(cgroups.path(hierarchy, nested), 'cgroup.procs'), String(child.pid));
      assert.deepEqual(await cgroups.members(hierarchy, parent), []);
      assert.deepEqual(
        (await cgroups.members(hierarchy, nested)).map(({ pid }) => pid),
        [child.pid],
      );
    } finally {
      child.kill('SIGKILL');
      await ended;
      await cgroups.remove(nested);
      await cgroups.remove(parent);
    }
  },
);

test(
  'settings are written to the cgroup that a container is found by',
  all(needs.root('cgroups'), hasVersion2),
  async t => {
    const flags = {
      cgroups_hierarchy: mounted,
      cgroups_root: `${testCgroupsRoot}-v2`,
      cgroups_destroy_timeout: 5000,
    };
    // Controllers may be in use by another version: what every group has is enough.
    const [hierarchy] = unified.map((each): Hierarchy => ({ ...each, controllers: [] }));
    assert.ok(hierarchy);
    const cgroups = new Cgroups(flags, [hierarchy]);
    const harness = await Harness.make(t, options => new LinuxLauncher({ ...options, cgroups }));
    const launcher = harness.launcher();
    const container = id('settings');
    const path = cgroups.path(hierarchy, container);
    const settings = [['cgroup.max.depth', '5'] as const, ['cgroup.max.descendants', '7'] as const];
    const plan = {
      ...{ namespaces: [], enters: [], mounts: [], links: [], files: [], rlimits: [], noNewPrivileges: false },
      cgroups: [{ path, settings }],
    };
    const { pid } = await launcher.launch(container, harness.shell('exec sleep 1000', { plan }));
    for (const [file, value] of settings) assert.equal(readFileSync(join(path, file), 'utf8').trim(), value);
    assert.equal(readFileSync(join(path, 'cgroup.procs'), 'utf8').trim(), String(pid));
    await launcher.remove(container);
    assert.equal(existsSync(path), false);
  },
);
