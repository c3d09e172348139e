/** An external containerizer for tests of the agent: one of the examples, with what a test adds. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { needs } from '@meseta/system/testing';
import { frameworkId, type ScriptedMaster } from './scripted-master.ts';
import type { Bench } from './test-agent.ts';

/** For tests that start it. */
export const python = needs.program('python3', 'the example program is written in it');

/** The examples. */
export type Example = 'processes.py' | 'process-groups';

const examples = fileURLToPath(new URL('../../../../examples/external-containerizer', import.meta.url));

/**
 * Makes a program that keeps the input of `launch`, in the bench's directory, and that stops before a command, but after
 * that input, while there is a file `hold.COMMAND`; then `held.COMMAND` tells so. `line` is run before the example is.
 *
 * @returns flags of the agent.
 */
export async function externalFlags(
  { directory }: Bench,
  line = '',
  name: Example = 'processes.py',
): Promise<string[]> {
  const example = join(examples, name);
  const path = join(directory, 'program');
  const script = `#!/bin/sh
cd '${directory}' || exit
[ "$1" != launch ] || cat >launch
if [ -e "hold.$1" ]; then
  touch "held.$1"
  while [ -e "hold.$1" ]; do sleep 0.02; done
fi
${line}
cd "$OLDPWD"
if [ "$1" = launch ]; then
  exec '${example}' launch <'${directory}/launch'
else
  exec '${example}' "$1"
fi
`;
  await writeFile(path, script, { mode: 0o755 });
  return ['--containerizers=external', `--containerizer_path=${path}`];
}

/** Runs a task on a custom executor. @param data of the task, as text. */
export function runExecutor(master: ScriptedMaster, command: string, id: string, data?: string): void {
  const executor = {
    executor_id: { value: 'custom' },
    command: { value: command },
    framework_id: { value: frameworkId },
  };
  master.run({ id, executor, ...(data !== undefined && { data: Buffer.from(data).toString('base64') }) });
}
