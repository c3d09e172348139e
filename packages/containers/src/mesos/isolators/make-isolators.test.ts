import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { systemClock } from '@meseta/system';
import { Metrics } from '@meseta/telemetry';
import { silentLogger } from '@meseta/telemetry/testing';
import type { Isolator } from './isolator.ts';
import { type IsolatorModules, launcherFor, makeIsolators, unbuiltIsolators } from './make-isolators.ts';
import { type IsolatorEntry, isolatorTable } from './table.ts';

const cgroups = { cgroups_hierarchy: '/sys/fs/cgroup', cgroups_root: 'mesos', cgroups_destroy_timeout: 0 };
const flags = {
  ...cgroups,
  isolation: [],
  work_dir: '/work',
  docker_registry: '/images',
  docker_store_dir: '/store',
  launcher: 'posix',
  sandbox_directory: '/mnt',
  runtime_dir: '/run',
  frameworks_home: '',
  fetcher_stall_timeout: 0,
};
const parts = { flags, clock: systemClock, log: silentLogger(), metrics: new Metrics() };

/** Makes isolators of names, and remembers which of them were closed. */
class Workshop {
  readonly closed: string[] = [];

  isolator(name: string): Isolator {
    return { name, close: async () => void this.closed.push(name) };
  }

  modules(...names: string[]): IsolatorModules {
    return {
      names,
      hasIsolator: name => names.includes(name),
      isolator: async name => (names.includes(name) ? this.isolator(name) : undefined),
    };
  }

  get table(): IsolatorEntry[] {
    return [
      { name: 'filesystem/linux', make: () => this.isolator('filesystem/linux') },
      { name: 'posix/cpu', make: () => undefined },
      { name: 'cgroups/cpu', make: async () => this.isolator('cgroups/cpu') },
      { name: 'broken', make: () => Promise.reject(new Error('no kernel support')) },
      { name: 'volume/image' },
      { name: 'cgroups', standsFor: ['cgroups/cpu', 'filesystem/linux'] },
      { name: 'images', standsFor: ['filesystem/linux', 'volume/image'] },
    ];
  }
}

const made: [isolation: string, made: string][] = [
  ['', ''],
  ['posix/cpu', ''],
  ['cgroups/cpu,posix/cpu,filesystem/linux', 'filesystem/linux,cgroups/cpu'],
  ['b,cgroups/cpu,a,filesystem/linux', 'filesystem/linux,cgroups/cpu,b,a'],
  ['cgroups,cgroups/cpu', 'filesystem/linux,cgroups/cpu'],
];
for (const [isolation, expected] of made) {
  test(`--isolation=${isolation} makes ${expected || 'nothing'}`, async () => {
    const workshop = new Workshop();
    const names = isolation === '' ? [] : isolation.split(',');
    const isolators = await makeIsolators(names, workshop.modules('a', 'b'), parts, workshop.table);
    assert.equal(isolators.map(({ name }) => name).join(','), expected);
    assert.deepEqual(workshop.closed, []);
  });
}

const refused: [isolation: string, code: string | undefined, message: RegExp][] = [
  ['posix/cpu,a,posix/cpu', 'ISOLATOR_DUPLICATE', /^Isolator 'posix\/cpu' is given twice in --isolation$/],
  ['a,a', 'ISOLATOR_DUPLICATE', /^Isolator 'a' is given twice/],
  [
    'other',
    'ISOLATOR_UNKNOWN',
    /^Unknown or unsupported isolator 'other' in --isolation: built in are filesystem\/linux, .*; --modules has a, b$/,
  ],
  ['volume/image', 'ISOLATOR_UNKNOWN', /^Unknown or unsupported isolator 'volume\/image' in --isolation: built in/],
  ['images', 'ISOLATOR_UNKNOWN', /^Unknown or unsupported isolator 'images'/],
  ['broken', undefined, /^no kernel support$/],
];
for (const [isolation, code, message] of refused) {
  test(`--isolation=${isolation} is refused, and nothing is left open`, async () => {
    const workshop = new Workshop();
    const names = ['b', 'cgroups/cpu', ...isolation.split(',')];
    const making = makeIsolators(names, workshop.modules('a', 'b'), parts, workshop.table);
    await assert.rejects(making, (error: Error & { code?: string }) => {
      assert.match(error.message, message);
      assert.equal(error.code, code);
      return true;
    });
    // Names are checked before anything is made.
    assert.deepEqual(workshop.closed.sort(), isolation === 'broken' ? ['b', 'cgroups/cpu'] : []);
  });
}

test('isolators of Mesos that are not built are named as such, old names and new ones', () => {
  assert.equal(unbuiltIsolators('posix/cpu,process,filesystem/posix,org_example_Module'), undefined);
  assert.equal(unbuiltIsolators('volume/csi,posix/mem,cgroups,xfs/disk'), 'volume/csi,xfs/disk');
});

test('two isolators that do the same are refused', async () => {
  const both = ['filesystem/shared', 'filesystem/linux'];
  await assert.rejects(
    makeIsolators(both, { names: [], hasIsolator: () => false, isolator: async () => undefined }, parts),
    {
      code: 'ISOLATOR_DUPLICATE',
      message: /'filesystem\/shared' and 'filesystem\/linux' exclude each other/,
    },
  );
});

test('the linux launcher is there when an isolator needs it, and only for root', () => {
  assert.equal(launcherFor({ isolation: ['posix/cpu'], launcher: 'posix' }, false), 'posix');
  assert.equal(launcherFor({ isolation: ['posix/cpu', 'namespaces/pid'], launcher: 'posix' }, true), 'linux');
  assert.equal(launcherFor({ isolation: [], launcher: 'linux' }, true), 'linux');
  const needsRoot = { code: 'ISOLATOR_LAUNCHER', message: /^The isolator namespaces\/pid .* needs root/ };
  assert.throws(() => launcherFor({ isolation: ['namespaces/pid'], launcher: 'posix' }, false), needsRoot);
});

suite('the table', () => {
  const place = (name: string) => isolatorTable.findIndex(entry => entry.name === name);
  const orders: [first: string, then: string][] = [
    ['filesystem/linux', 'docker/runtime'],
    ['filesystem/linux', 'volume/host_path'],
    ['filesystem/linux', 'namespaces/pid'],
    ['volume/secret', 'gpu/nvidia'],
    ['volume/image', 'network/cni'],
  ];
  for (const [first, then] of orders) {
    test(`${first} comes before ${then}`, () => assert.ok(place(first) >= 0 && place(first) < place(then)));
  }

  test('every name is there once, and old names stand for names of the table', () => {
    const names = isolatorTable.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const { standsFor = [] } of isolatorTable) for (const name of standsFor) assert.ok(names.includes(name), name);
  });
});
