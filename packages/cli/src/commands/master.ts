import { handleShutdown } from '@meseta/daemon';
import { startWithFlags } from '@meseta/flags';
import { masterFlags, masterRules, startMaster } from '@meseta/master';
import { webUiDirectory } from '@meseta/web';
import type { Command } from '../command.ts';
import { openLog, openTls, refuseStart } from '../daemon.ts';
import { youngGeneration } from '../heap.ts';

const command: Command = {
  name: 'master',
  summary: "Run a master; takes Mesos's flags",
  options: {},
  flags: masterFlags,
  async run(argv) {
    const start = startWithFlags({
      table: masterFlags,
      rules: masterRules,
      command: 'meseta master',
      argv,
      env: process.env,
      ...(process.stdout.columns ? { columns: process.stdout.columns } : {}),
    });
    if ('exit' in start) return refuseStart(start);
    const log = openLog('meseta-master', 'master', start.run.flags);
    if (log === undefined) return 1;
    try {
      const { tls, onHangup } = openTls(log);
      const onLarge = () => youngGeneration.release();
      const master = await startMaster({ flags: start.run, log, tls, webUiDirectory, onLarge });
      const shutdown = handleShutdown(log, () => master.stop(), undefined, onHangup);
      await master.failed;
      shutdown.end(1);
      return 1;
    } catch (error) {
      log.fatal('Could not start', { error });
      await log.flush();
      return 1;
    }
  },
};

export default command;
