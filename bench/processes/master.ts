/** A master as a process of its own. Arguments are its flags. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, parseFlags } from '@meseta/daemon';
import { masterFlags, masterRules, startMaster } from '@meseta/master';
import { serve } from './serve.ts';

const argv = ['--ip=127.0.0.1', '--hostname=127.0.0.1', ...process.argv.slice(2)];
const flags = parseFlags(masterFlags, argv, {}, masterRules);
// It logs what masters log by default, so that the cost of that is measured, to a file.
const directory = mkdtempSync(join(tmpdir(), 'bench-log-'));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
const log = createLogger({ program: 'mesos-master', quiet: true, directory }, 'master');
const master = await startMaster({ flags, log });

const handlers = { address: () => master.address };
export type MasterProcess = typeof handlers;
serve(handlers, () => master.stop());
