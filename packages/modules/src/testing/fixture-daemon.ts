/** Stands in for a daemon that is killed: runs the command it is given, with a time-out that never comes. */
import { silentLogger } from '@meseta/daemon';
import { ForkRunner } from '../command/fork-runner.ts';
import { CommandSpawner } from '../command/spawner.ts';

const [directory = '', command = ''] = process.argv.slice(2);
const spawner = new CommandSpawner(directory, message => process.stderr.write(message));
await spawner.start();
await new ForkRunner('test', spawner, silentLogger()).run({
  command,
  method: 'prepare',
  input: '{}',
  timeoutMs: 600_000,
});
