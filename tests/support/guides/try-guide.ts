import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { all, eventually, type Need, needs } from '@meseta/system/testing';
import { cgroupName, removeCgroups } from '../cgroups.ts';
import { type Block, isShell, outputPattern, readBlocks, readConsole } from './blocks.ts';
import { ownMachine, runStory } from './story.ts';

const root = path.resolve(import.meta.dirname, '../../..');

/** Programs that guides use and that a machine may lack: they are in `.ci/packages`, Consul is in `scripts`. */
const programs = ['consul', 'curl', 'jq', 'openssl', 'python3'];

const programsOf = (steps: readonly Block[]): Need[] =>
  programs
    .filter(name => steps.some(block => isShell(block) && new RegExp(`(^|[|;&$( ])${name} `, 'm').test(block.text)))
    .map(name => needs.program(name, 'guides use it'));

/**
 * A test that runs a guide's commands in their order and compares what they print.
 *
 * @param guide `docs/operating.md`.
 * @param more what the guide needs besides programs.
 */
export function tryGuide(guide: string, ...more: readonly Need[]): void {
  const blocks = readBlocks(guide, root);
  const steps = blocks.filter(block => block.notRun === undefined && (block.file !== undefined || isShell(block)));
  test(guide, all(ownMachine, ...programsOf(steps), ...more), async t => {
    const directory = mkdtempSync(path.join(tmpdir(), 'guides-'));
    t.after(() => {
      // The story's machine ends with all that runs on it: a cluster in the background cannot remove its directory.
      const left = readdirSync(tmpdir()).filter(name => name.startsWith('meseta-'));
      for (const name of left) rmSync(path.join(tmpdir(), name), { recursive: true, force: true });
      rmSync(directory, { recursive: true, force: true });
    });
    // What runs in the background ends with the machine, and leaves its cgroups.
    const cgroup = cgroupName('guide');
    t.after(() => eventually('the removal of cgroups', () => removeCgroups(cgroup)));
    const outcomes = await runStory(steps, root, directory, cgroup);
    for (const [block, { outputs, failures }] of outcomes) {
      const { place, language, text } = block;
      if (language !== 'console') {
        assert.equal(failures, '', `${place} fails:\n${failures}${outputs.join('')}`);
        continue;
      }
      assert.ok(!failures.startsWith('was not reached'), `${place}: ${failures}`);
      readConsole(text).forEach(({ command, output }, index) => {
        assert.match(outputs[index] ?? '', outputPattern(output), `${place}: $ ${command}`);
      });
    }
  });
}
