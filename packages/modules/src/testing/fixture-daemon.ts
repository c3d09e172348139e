/** Acts as a daemon that is going to be killed: runs the given command, with a time-out that is never reached. */
import { silentLogger } from '@meseta/telemetry/testing';
import { openCallDirectory } from '../command/call-directory.ts';
import { ForkRunner } from '../command/fork-runner.ts';
import { PersistentRunner } from '../command/persistent-runner.ts';
import { CommandSpawner } from '../command/spawner.ts';

const [mode, runtimeDirectory = '', command = ''] = process.argv.slice(2);
const directory = await openCallDirectory(runtimeDirectory);
const spawner = new CommandSpawner(directory, message => process.stderr.write(message));
if (mode === 'fork') await spawner.start();
const runner =
  mode === 'fork'
    ? new ForkRunner('test', spawner, silentLogger())
    : new PersistentRunner('test', directory, silentLogger());
await runner.run({ command, method: 'prepare', input: '{}', timeoutMs: 600_000 });
