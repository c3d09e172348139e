/** The entry of the bundle: the executor as a program, without the rest of the `meseta` command, and as a library. */
import { runExecutor } from './main.ts';

export { runExecutor };

if (import.meta.main) {
  const [, script = 'executor', ...argv] = process.argv;
  void runExecutor([script], argv, process.env).then(code => process.exit(code));
}
