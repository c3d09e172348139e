/** Runs test cases in both modes of command modules. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { type Bench, type Mode, type Setup, setUp } from './harness.ts';
import { config, id } from './messages.ts';

/** A test case. */
export interface Case {
  readonly name: string;
  readonly scripts: Setup['scripts'];
  readonly parameters?: Setup['parameters'];
  run(bench: Bench): Promise<void>;
}

/** Both modes of command modules. */
export const modes: readonly Mode[] = ['fork', 'persistent'];

/** Runs every case in both modes, and checks that no file is left after any. */
export function conformance(cases: readonly Case[]): void {
  for (const mode of modes) {
    for (const { name, scripts, parameters, run } of cases) {
      test(`${mode}: ${name}`, async context => {
        const bench = await setUp({ mode, scripts, ...(parameters && { parameters }) });
        context.after(() => bench.close());
        await run(bench);
        const left = () => bench.files().filter(file => !file.endsWith('.co-process'));
        await eventually('no file is left', () => left().length === 0);
      });
    }
  }
}

/** Returns a script that answers with the given JSON. */
export const answer = (json: string) => `echo '${json}' > "$2"`;

/** Expects that `prepare` fails. */
export async function rejects(isolator: Bench['isolator'], message: string): Promise<void> {
  await assert.rejects(isolator.prepare!(id, config), { message });
}
