import { agentFlags, agentRules, startAgent } from '@meseta/agent';
import { handleShutdown } from '@meseta/daemon';
import { startWithFlags } from '@meseta/flags';
import type { Command } from '../command.ts';
import { openLog, openTls, refuseStart } from '../daemon.ts';

const command: Command = {
  name: 'agent',
  summary: "Run an agent; takes Mesos's flags",
  options: {},
  flags: agentFlags,
  async run(argv) {
    const start = startWithFlags({
      table: agentFlags,
      rules: agentRules,
      command: 'meseta agent',
      argv,
      env: process.env,
      ...(process.stdout.columns ? { columns: process.stdout.columns } : {}),
    });
    if ('exit' in start) return refuseStart(start);
    const log = openLog('meseta-agent', 'agent', start.run.flags);
    if (log === undefined) return 1;
    try {
      for (const warning of start.run.warnings) log.warning(warning);
      // Also one that comes while the agent recovers: it is obeyed after that, with all that runs then.
      const leaves = new Promise<void>(resolve => process.once('SIGUSR1', () => resolve()));
      const { tls, onHangup } = openTls(log);
      const agent = await startAgent({ flags: start.run.flags, flagsView: start.run.view, log, tls });
      // Tasks that end with the agent get their grace period.
      const graceMs = start.run.flags.executor_shutdown_grace_period + 10_000;
      const shutdown = handleShutdown(log, () => agent.stop(), graceMs, onHangup);
      void leaves.then(() => {
        log.info('Received a signal, leaving the cluster with all that runs', { signal: 'SIGUSR1' });
        return agent.shutdown();
      });
      const failure = await agent.ended;
      shutdown.end(failure ? 1 : 0);
      return failure ? 1 : 0;
    } catch (error) {
      log.fatal('Could not start', { error });
      await log.flush();
      return 1;
    }
  },
};

export default command;
