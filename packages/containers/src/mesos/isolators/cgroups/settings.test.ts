/** What is written to cgroups for what containers ask for. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '@meseta/protocol';
import { formatBytes } from '../../../format-bytes.ts';
import { deviceNumber } from '../../devices/allowed-devices.ts';
import type { Request } from './controller.ts';
import { cpuSettings } from './cpu.ts';
import { memoryLimits, memorySettings } from './mem.ts';
import { limitationMessage } from './mem-limitation.ts';
import { Handles, parseHandles } from './net-cls.ts';

const megabyte = 1024 * 1024;
const revocable = { revocable: {} };

function request(
  amounts: Record<string, number>,
  limits: Record<string, number> = {},
  more: Partial<Resource> = {},
): Request {
  const resources = Object.entries(amounts).map(
    ([name, value]): Resource => ({ name, type: 'SCALAR', scalar: { value }, ...more }),
  );
  return { resources, limits };
}

const cpus: [name: string, version: 1 | 2, request: Request, flags: object, settings: string][] = [
  ['shares by CPU', 1, request({ cpus: 1.5 }), {}, 'cpu.shares=1536'],
  ['the least of Linux', 1, request({ cpus: 0.001 }), {}, 'cpu.shares=2'],
  ['the most of Linux', 1, request({ cpus: 1000 }), {}, 'cpu.shares=262144'],
  ['low priority of revocable CPUs', 1, request({ cpus: 2 }, {}, revocable), {}, 'cpu.shares=20'],
  ['none of it', 1, request({ cpus: 2 }, {}, revocable), { revocable_cpu_low_priority: false }, 'cpu.shares=2048'],
  [
    'a quota with CFS',
    1,
    request({ cpus: 0.25 }),
    { cgroups_enable_cfs: true },
    'cpu.shares=256 cpu.cfs_period_us=100000 cpu.cfs_quota_us=25000',
  ],
  [
    'the least quota',
    1,
    request({ cpus: 0.001 }),
    { cgroups_enable_cfs: true },
    'cpu.shares=2 cpu.cfs_period_us=100000 cpu.cfs_quota_us=1000',
  ],
  [
    'a limit, without CFS too',
    1,
    request({ cpus: 1 }, { cpus: 3 }),
    {},
    'cpu.shares=1024 cpu.cfs_period_us=100000 cpu.cfs_quota_us=300000',
  ],
  [
    'no limit, in spite of CFS',
    1,
    request({ cpus: 1 }, { cpus: Number.POSITIVE_INFINITY }),
    { cgroups_enable_cfs: true },
    'cpu.shares=1024 cpu.cfs_period_us=100000 cpu.cfs_quota_us=-1',
  ],
  ['weights in version 2', 2, request({ cpus: 1.5 }), {}, 'cpu.weight=150'],
  ['the most of version 2', 2, request({ cpus: 200 }), {}, 'cpu.weight=10000'],
  ['low priority in version 2', 2, request({ cpus: 3 }, {}, revocable), {}, 'cpu.weight=3'],
  [
    'a quota in version 2',
    2,
    request({ cpus: 0.5 }),
    { cgroups_enable_cfs: true },
    'cpu.weight=50 cpu.max=50000 100000',
  ],
  [
    'no limit in version 2',
    2,
    request({ cpus: 1 }, { cpus: Number.POSITIVE_INFINITY }),
    {},
    'cpu.weight=100 cpu.max=max 100000',
  ],
];
for (const [name, version, asked, flags, expected] of cpus) {
  test(`cpus: ${name}`, () => {
    assert.equal(text(cpuSettings(version, asked, flags)), expected);
  });
}

const memory: [name: string, version: 1 | 2, request: Request, limitsSwap: boolean, soft: number, hard: string][] = [
  ['as much as is asked for', 1, request({ mem: 64 }), false, 64, `memory.limit_in_bytes=${64 * megabyte}`],
  ['not less than 32 MB', 1, request({ mem: 8 }), false, 32, `memory.limit_in_bytes=${32 * megabyte}`],
  ['a higher limit', 1, request({ mem: 64 }, { mem: 100.9 }), false, 64, `memory.limit_in_bytes=${100 * megabyte}`],
  ['no limit', 1, request({ mem: 64 }, { mem: Number.POSITIVE_INFINITY }), false, 64, 'memory.limit_in_bytes=-1'],
  [
    'swap with it',
    1,
    request({ mem: 64 }),
    true,
    64,
    `memory.limit_in_bytes=${64 * megabyte} memory.memsw.limit_in_bytes=${64 * megabyte}`,
  ],
  ['version 2', 2, request({ mem: 64 }, { mem: 128 }), false, 64, `memory.max=${128 * megabyte}`],
  ['no limit in version 2', 2, request({ mem: 64 }, { mem: Number.POSITIVE_INFINITY }), false, 64, 'memory.max=max'],
];
for (const [name, version, asked, limitsSwap, soft, hard] of memory) {
  test(`mem: ${name}`, () => {
    const file = version === 1 ? 'memory.soft_limit_in_bytes' : 'memory.low';
    const settings = memorySettings(version, memoryLimits(asked), limitsSwap);
    assert.equal(text(settings), `${file}=${soft * megabyte} ${hard}`);
  });
}

test('a container without the resource is refused', () => {
  assert.throws(() => memoryLimits(request({ cpus: 1 })), { code: 'INVALID', message: /^No resource 'mem' given/ });
});

const bytes: [bytes: number, text: string][] = [
  [0, '0B'],
  [1023, '1023B'],
  [4096, '4KB'],
  [64 * megabyte, '64MB'],
  [64 * megabyte + 4096, '65540KB'],
  [3 * 1024 * megabyte, '3GB'],
  [Number.POSITIVE_INFINITY, 'unlimited'],
];
for (const [count, expected] of bytes)
  test(`${count} bytes are ${expected}`, () => assert.equal(formatBytes(count), expected));

test('the message of a limit is that of Mesos', () => {
  assert.equal(
    limitationMessage(64 * megabyte, 64 * megabyte, 'cache 4096\nrss 65724416\n'),
    'Memory limit exceeded: Requested: 64MB Maximum Used: 64MB\n\nMEMORY STATISTICS: \ncache 4096\nrss 65724416\n\n',
  );
});

test('numbers of devices', () => {
  assert.equal(deviceNumber(0x0103), '1:3');
  assert.equal(deviceNumber(0x8812), '136:18');
  assert.equal(deviceNumber(0x10_0103), '1:259');
});

const handles: [primary: string | undefined, secondary: string | undefined, range: unknown][] = [
  [undefined, '1,2', undefined],
  ['0x0012', undefined, { primary: 0x12, secondary: [1, 0xffff] }],
  ['18', '0x0010,0x00ff', { primary: 18, secondary: [16, 255] }],
  ['0x12345', undefined, /'0x12345' is no number of 16 bits/],
  ['1', '0,5', /'0,5' is no range/],
  ['1', '7,5', /'7,5' is no range/],
  ['1', '7', /'7' is no range/],
  ['1', 'a,b', /'a' is no number of 16 bits/],
];
for (const [primary, secondary, expected] of handles) {
  test(`net_cls: handles of ${primary} and ${secondary}`, () => {
    const parse = () =>
      parseHandles({ cgroups_net_cls_primary_handle: primary, cgroups_net_cls_secondary_handles: secondary });
    if (expected instanceof RegExp) assert.throws(parse, { code: 'CGROUP', message: expected });
    else assert.deepEqual(parse(), expected);
  });
}

test('net_cls: a handle is used once at a time', () => {
  const given = new Handles({ primary: 0x12, secondary: [1, 2] });
  const key = (name: string) => name as Parameters<Handles['take']>[0];
  given.restore(key('old'), 0x0012_0001);
  assert.equal(given.take(key('new')), 0x0012_0002);
  assert.throws(() => given.take(key('third')), { message: /^No handle/ });
  given.give(key('old'));
  assert.equal(given.take(key('third')), 0x0012_0001);
  assert.equal(given.of(key('new')), 0x0012_0002);
});

function text(settings: readonly (readonly [string, string])[]): string {
  return settings.map(each => each.join('=')).join(' ');
}
