/** Notices that the reader of standard output has left while there is nothing to write. */
import { spawn } from 'node:child_process';
import { fstatSync } from 'node:fs';

/**
 * Ends the command as a failed write does, when standard output is a pipe whose reader leaves: `meseta events | head -1`
 * otherwise ends only with the next event. Only `poll` of the kernel says so, which Node.js does not have and `tail -f`
 * of GNU does. Where there is another `tail`, the next write notices it.
 *
 * @returns ends the watching.
 */
export function watchReader(): () => void {
  if (!fstatSync(1).isFIFO()) return () => undefined;
  const watcher = spawn('tail', ['-f', `--pid=${process.pid}`, '/dev/null'], { stdio: ['ignore', 1, 'ignore'] });
  watcher.unref();
  watcher.on('error', () => undefined); // there is no `tail`
  watcher.on('exit', (_, signal) => {
    if (signal === 'SIGPIPE') process.stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  });
  const end = () => void watcher.kill();
  process.once('exit', end);
  return () => {
    process.off('exit', end);
    end();
  };
}
