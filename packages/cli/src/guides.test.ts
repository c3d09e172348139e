/** The flags and options that guides name: each exists, of a daemon or a command of ours, or of a program that is named here. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { agentFlags } from '@meseta/agent';
import type { FlagTable } from '@meseta/flags';
import { masterFlags } from '@meseta/master';
import { commands } from './commands.ts';

const root = path.resolve(import.meta.dirname, '../../..');

/** Options of other programs in the guides. */
const foreign: Readonly<Record<string, readonly string[]>> = {
  curl: ['cacert', 'cert', 'key', 'retry', 'retry-connrefused', 'unix-socket'],
  dockerd: ['host', 'data-root', 'exec-root', 'pidfile', 'iptables', 'bridge', 'default-cgroupns-mode'],
  'docker ps': ['filter'],
  jq: ['arg'],
  'mesos-executor': ['override'],
  'a command of a task': ['password-file'],
};
/** Prefixes of several flags that a guide names together. */
const prefixes = ['authenticate_'];

function namesOf(flags: FlagTable): string[] {
  return Object.entries(flags).flatMap(([name, { aliases = [] }]) => [name, ...aliases]);
}

test('flags and options in guides exist', async () => {
  const loaded = await Promise.all(commands.map(({ load }) => load()));
  const known = new Set([
    ...namesOf(masterFlags),
    ...namesOf(agentFlags),
    ...loaded.flatMap(({ options }) => Object.keys(options)),
    ...Object.values(foreign).flat(),
    ...prefixes,
  ]);
  const unknown = globSync('docs/*.md', { cwd: root }).flatMap(guide =>
    [...readFileSync(path.join(root, guide), 'utf8').matchAll(/--([a-z][a-z_0-9-]*)/g)]
      .map(([, name = '']) => name)
      .filter(name => !known.has(name) && !known.has(name.replace(/^no-/, '')))
      .map(name => `${guide}: --${name}`),
  );
  assert.deepEqual(unknown, []);
});
