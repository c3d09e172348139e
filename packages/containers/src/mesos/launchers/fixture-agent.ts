/** An agent to be killed: launches the container `c` and never checkpoints `held`, says so, and stays. */
import { PosixLauncher } from './posix.ts';

const [runtimeDirectory, directory] = process.argv.slice(2) as [string, string];
const launcher = new PosixLauncher({ runtimeDirectory });
const spec = (script: string) => ({
  file: '/bin/sh',
  argv: ['sh', '-c', script],
  environment: { PATH: '/usr/bin:/bin' },
  workingDirectory: directory,
  stdout: `${directory}/stdout`,
  stderr: `${directory}/stderr`,
});
const id = (name: string) => name as Parameters<typeof launcher.launch>[0];
await launcher.launch(id('c'), spec('while [ ! -e go ]; do sleep 0.01; done; exit 7'));
const checkpoint = async () => {
  console.log('held');
  await new Promise(() => {});
};
await launcher.launch(id('held'), { ...spec('echo held ran'), checkpoint });
