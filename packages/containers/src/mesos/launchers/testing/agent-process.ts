/**
 * For tests: an agent that is going to be killed. Launches one container, never finishes the checkpoint of another,
 * reports both, and waits.
 */
import { PosixLauncher } from '../posix.ts';

const [runtimeDirectory, directory, ...ids] = process.argv.slice(2) as [string, string];
const launcher = new PosixLauncher({ runtimeDirectory });
const spec = (script: string) => ({
  file: '/bin/sh',
  argv: ['sh', '-c', script],
  environment: { PATH: '/usr/bin:/bin' },
  workingDirectory: directory,
  stdout: `${directory}/stdout`,
  stderr: `${directory}/stderr`,
});
const [launched, held] = ids as Parameters<typeof launcher.launch>[0][];
await launcher.launch(launched!, spec('while [ ! -e go ]; do sleep 0.01; done; exit 7'));
const checkpoint = async () => {
  console.log('held');
  await new Promise(() => {});
};
await launcher.launch(held!, { ...spec('echo held ran'), checkpoint });
