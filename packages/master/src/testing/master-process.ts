/** Runs a master in its own process, for tests that kill it. Reports its address to the parent. Arguments are flags. */
import { parseFlags } from '@meseta/flags';
import { createLogger } from '@meseta/telemetry';
import { masterFlags, masterRules } from '../flags.ts';
import { startMaster } from '../main.ts';

const log = createLogger({ program: 'mesos-master', level: 'WARNING' }, 'master');
const flags = parseFlags(masterFlags, process.argv.slice(2), {}, masterRules);
const master = await startMaster({ flags, log });
process.on('disconnect', () => process.exit(1));
process.send?.(master.address);
