/** A master as a process of its own. Arguments are its flags. */
import { mkdirSync } from 'node:fs';
import { YoungGeneration } from '@meseta/system/young-generation';

const youngGeneration = new YoungGeneration();
youngGeneration.hold(process.execArgv);
// What is loaded now would let it grow before.
const { parseFlags } = await import('@meseta/flags');
const { masterFlags, masterRules, startMaster } = await import('@meseta/master');
const { createLogger } = await import('@meseta/telemetry');
const { webUiDirectory } = await import('@meseta/web');
const { serve } = await import('./serve.ts');

const argv = ['--ip=127.0.0.1', '--hostname=127.0.0.1', ...process.argv.slice(2)];
const flags = parseFlags(masterFlags, argv, {}, masterRules);
// It logs what masters log by default, so that the cost of that is measured, to a file beside its work directory, which
// goes with that also when it is killed.
const directory = `${flags.flags.work_dir}-log`;
mkdirSync(directory, { recursive: true });
const log = createLogger({ program: 'mesos-master', quiet: true, directory }, 'master');
const master = await startMaster({ flags, log, webUiDirectory, onLarge: () => youngGeneration.release() });

const handlers = { address: () => master.address };
export type MasterProcess = typeof handlers;
serve(handlers, () => master.stop());
