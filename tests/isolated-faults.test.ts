/** Faults at the steps of containers with namespaces and cgroups. See `support/faults/launch-faults.ts`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { needs } from '@meseta/system/testing';
import { needsBusybox, writeBusyboxImage } from './support/busybox-image.ts';
import { CgroupsRoot } from './support/cgroups.ts';
import type { Flags } from './support/daemon.ts';
import { testFaults } from './support/faults/launch-faults.ts';
import type { Plan } from './support/faults/plan.ts';
import { isolatedWays, isolation } from './support/faults/ways.ts';

function flags(t: TestContext): Flags {
  const images = mkdtempSync(path.join(tmpdir(), 'images-'));
  t.after(() => rmSync(images, { recursive: true }));
  writeBusyboxImage(images, 'busybox');
  const { name } = new CgroupsRoot(t);
  const store = { docker_registry: images, docker_store_dir: path.join(images, 'store') };
  return { isolation, cgroups_root: name, image_providers: 'DOCKER', ...store };
}

/** A container can neither be frozen nor go on, and its cgroup is not removed at once: that is tried again. */
const ends: readonly Plan[] = [
  { step: 1, fault: 'ENOSPC', at: 'freezer\\.state|cgroup\\.freeze' },
  { step: 1, fault: 'EMFILE', at: '^rmdir /sys/fs/cgroup/([\\w,]+/)?[^/]+/[^/]+$' },
];

testFaults(isolatedWays, ({ name }) => ({
  flags,
  needs: [needs.root('the linux launcher makes mounts'), needs.mounting('images are mounted'), needsBusybox],
  plans: name === 'isolated-pod' ? ends.map((plan): [Plan] => [plan]) : [],
}));
