import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { HttpAnswerError } from '@meseta/process';
import { copyDirectory } from './copy.ts';
import type { Located } from './locate.ts';

test('a file that the agent may not read is left out, and the rest is copied', async t => {
  const directory = mkdtempSync(path.join(tmpdir(), 'copy-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const names = ['a', 'secret', 'z'];
  const located = {
    file: '/sandbox',
    name: 'sandbox',
    agent: {
      call: async () => ({
        list_files: {
          file_infos: names.map(name => ({ path: `/sandbox/${name}`, mode: 0o100644, nlink: 1, size: 1 })),
        },
      }),
    },
    files: {
      async open(file: string) {
        if (file.endsWith('secret')) throw new HttpAnswerError(500, 'Permission denied');
        return { size: 1, body: [Buffer.from('x')], cancel: async () => undefined };
      },
    },
  } as unknown as Located;
  const copied = await copyDirectory(located, path.join(directory, 'to'));
  assert.deepEqual(copied, { files: 2, bytes: 2, skipped: [], unread: ['/sandbox/secret'] });
  assert.deepEqual(readdirSync(path.join(directory, 'to')).sort(), ['a', 'z']);
});
