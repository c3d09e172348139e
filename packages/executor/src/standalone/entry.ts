/** What the bundle runs: the executor without the rest of the `meseta` command. */
import { runExecutor } from './main.ts';

const [, script = 'executor', ...argv] = process.argv;
void runExecutor([script], argv, process.env).then(code => process.exit(code));
