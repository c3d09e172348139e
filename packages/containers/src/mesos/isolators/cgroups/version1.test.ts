/**
 * Isolators whose controllers of version 1 no test may mount: that takes them from version 2 on the whole machine, for as long
 * as any mount namespace made meanwhile exists. The hierarchies are directories here. With version 2, the isolators have tests on
 * real cgroups (`nested-limits.test.ts`, and the agent's `cgroup-controllers.test.ts`).
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkId } from '@meseta/protocol';
import { systemClock } from '@meseta/system';
import { Metrics } from '@meseta/telemetry';
import { silentLogger } from '@meseta/telemetry/testing';
import { Cgroups } from '../../cgroups/cgroups.ts';
import { toLaunchPlan } from '../../to-launch-plan.ts';
import { makeIsolators } from '../make-isolators.ts';

const id = { value: checkId<'container'>('a-container') };
const modules = { names: [], hasIsolator: () => false, isolator: async () => undefined };

for (const controller of ['hugetlb', 'perf_event']) {
  test(`cgroups/${controller} of version 1 has groups there, and not in version 2`, async t => {
    const directory = mkdtempSync(join(tmpdir(), 'meseta-cgroup1-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    for (const name of [controller, 'unified']) mkdirSync(join(directory, name));
    const flags = {
      ...{ cgroups_hierarchy: directory, cgroups_root: 'mesos', cgroups_destroy_timeout: 0, launcher: 'linux' },
      ...{ work_dir: directory, runtime_dir: directory, docker_registry: '', docker_store_dir: '' },
      ...{ sandbox_directory: '', frameworks_home: '', fetcher_stall_timeout: 0, isolation: [] },
    };
    const cgroups = new Cgroups(flags, [
      { path: join(directory, 'unified'), version: 2, controllers: [] },
      { path: join(directory, controller), version: 1, controllers: [controller] },
    ]);
    const parts = { flags, cgroups, clock: systemClock, log: silentLogger(), metrics: new Metrics() };
    const isolators = await makeIsolators([`cgroups/${controller}`], modules, parts);
    t.after(() => Promise.all(isolators.map(isolator => isolator.close?.())));
    const root = join(directory, controller, 'mesos');
    assert.ok(existsSync(root));
    const config = { directory: '/', command_info: {} };
    const launch = await Promise.all(isolators.map(each => each.prepare?.(id, config)));
    const plan = toLaunchPlan({ cgroups: launch.flatMap(part => part?.cgroups ?? []) });
    assert.deepEqual(plan?.cgroups, [{ path: join(root, id.value), settings: [] }]);
    assert.ok(!existsSync(join(directory, 'unified/mesos')));
  });
}
