/** A master as a process of its own. Arguments are its flags. */
import { createLogger, parseFlags } from '@meseta/daemon';
import { masterFlags, masterRules, startMaster } from '@meseta/master';
import { serve } from './serve.ts';

const argv = ['--ip=127.0.0.1', '--hostname=127.0.0.1', ...process.argv.slice(2)];
const flags = parseFlags(masterFlags, argv, {}, masterRules);
const log = createLogger({ program: 'mesos-master', level: 'ERROR' }, 'master');
const master = await startMaster({ flags, log });

const handlers = { address: () => master.address };
export type MasterProcess = typeof handlers;
serve(handlers, () => master.stop());
