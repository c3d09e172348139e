import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '@meseta/protocol';
import { reservedRows } from './reserved.ts';

const scalar = (name: string, value: number, more: Partial<Resource> = {}): Resource => ({
  name,
  type: 'SCALAR',
  scalar: { value },
  ...more,
});

test('resources by role and reservation', () => {
  const web = {
    reservations: [
      {
        type: 'DYNAMIC' as const,
        role: 'web',
        principal: 'ops',
        labels: { labels: [{ key: 'team', value: 'a' }, { key: 'b' }] },
      },
    ],
  };
  const rows = reservedRows([
    scalar('mem', 512, web),
    scalar('cpus', 3),
    scalar('cpus', 1.5),
    {
      name: 'ports',
      type: 'RANGES',
      ranges: {
        range: [
          { begin: 1, end: 1 },
          { begin: 5, end: 9 },
        ],
      },
    },
    scalar('disk', 1024, { ...web, disk: { persistence: { id: 'data', principal: 'ops' } } }),
    scalar('cpus', 1, { reservations: [{ type: 'STATIC', role: 'db' }] }),
    scalar('cpus', 2, { role: 'old' }),
    scalar('gpus', 1, {
      reservations: [
        { type: 'STATIC', role: 'web' },
        { type: 'DYNAMIC', role: 'web/front' },
      ],
    }),
  ]);
  assert.deepEqual(
    rows.map(({ labels }) => labels),
    ['', '', '', 'team=a, b', ''],
  );
  const shown = rows.map(({ role, kind, principal, amounts, volumes }) => [role, kind, principal, amounts, volumes]);
  assert.deepEqual(shown, [
    ['*', 'unreserved', '', { cpus: '4.5', ports: '1, 5-9' }, []],
    ['db', 'static', '', { cpus: '1' }, []],
    ['old', 'static', '', { cpus: '2' }, []],
    ['web', 'dynamic', 'ops', { mem: '512 MB', disk: '1 GB' }, ['data (1 GB)']],
    ['web/front', 'dynamic', '', { gpus: '1' }, []],
  ]);
});
