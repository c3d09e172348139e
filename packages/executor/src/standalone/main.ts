/** Wires the parts of the stand-alone executor and runs it. */

import { keepAliveClock } from '@meseta/system';
import type { TaskHooks } from '@meseta/tasks';
import { createLogger, type Logger, Verbosity } from '@meseta/telemetry';
import {
  type Configuration,
  ConfigurationError,
  hookEnvironment,
  printable,
  readConfiguration,
  taskEnvironment,
} from '../config/configuration.ts';
import { createHooks } from '../hooks/create-hooks.ts';
import { labelOf } from '../hooks/task-labels.ts';
import { Counters } from '../metrics/counters.ts';
import type { Executor, ExecutorHost } from './executor.ts';
import { AgentConnection } from './protocol/agent-connection.ts';
import { AgentHttp } from './protocol/agent-http.ts';
import { type Reports, startReports } from './reports.ts';
import { type OwnWords, overrideOf } from './task-command.ts';

type Environment = NodeJS.ProcessEnv;

/**
 * Runs the executor until its task has ended and the agent has acknowledged it.
 *
 * @param own how this process was started, see `OwnWords`.
 * @param argv arguments of the executor.
 * @returns the exit code.
 */
export async function runExecutor(own: OwnWords, argv: readonly string[], environment: Environment): Promise<number> {
  let started: Started;
  try {
    started = await start(argv, environment);
  } catch (error) {
    process.stderr.write(
      `${error instanceof ConfigurationError ? error.message : `The executor cannot start:\n  ${(error as Error).message}`}\n`,
    );
    return 1;
  }
  const { hooks, reports } = started;
  const { executor, spoken } = assemble(own, argv, environment, started);
  const signalled = () => void executor().then(loaded => loaded.shutdown());
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, signalled);
  try {
    await spoken;
    return await (await executor()).run();
  } finally {
    await hooks.close();
    await reports.close();
    await started.log.flush();
  }
}

interface Started {
  readonly configuration: Configuration;
  readonly log: Logger;
  readonly hooks: TaskHooks;
  readonly http: AgentHttp;
  readonly tls: object;
  readonly counters: Counters;
  readonly reports: Reports;
}

/** Does everything that can fail, before the executor subscribes with the agent. */
async function start(argv: readonly string[], environment: Environment): Promise<Started> {
  const configuration = readConfiguration(environment, argv);
  const { settings, agent } = configuration;
  const verbosity = new Verbosity(settings.DEBUG ? 1 : 0);
  const log = createLogger({ program: 'meseta-executor', verbosity }, 'executor');
  log.debug('Configuration', printable(settings));
  const tls =
    settings.SERVICELOG_LOGSTASH_PROTOCOL === 'tls'
      ? (await import('../service-log/create-service-log.ts')).readTls(settings)
      : {};
  const http = new AgentHttp(configuration);
  const counters = new Counters();
  const clock = keepAliveClock;
  const reports = startReports({ settings, environment, executorId: agent.executorId, counters, clock, log });
  const hooks = await createHooks(settings, {
    environment,
    sandbox: agent.sandbox,
    onOutput: (hook, line) => log.info(line, { hook }),
    onProblem: error => {
      log.warning('A hook failed', { error });
      reports.report('A hook failed', error);
    },
  });
  return { configuration, log, hooks, http, tls, counters, reports };
}

function assemble(own: OwnWords, argv: readonly string[], environment: Environment, started: Started) {
  const { configuration, log, hooks, http, tls, counters, reports } = started;
  const { settings, agent } = configuration;
  const clock = keepAliveClock;
  const first = Promise.withResolvers<void>();
  const onProblem = (message: string, error?: unknown) => {
    log.warning(message, { error });
    if (error !== undefined) reports.report(message, error);
  };
  const connection = new AgentConnection({
    ...{ http, clock, onProblem },
    recoveryTimeoutMs: agent.recoveryTimeoutMs,
    backoffMaxMs: agent.backoffMaxMs,
    bufferSize: settings.STATE_UPDATE_BUFFER_SIZE,
    onSent: () => counters.add('updates.sent'),
    onEvent: event => {
      first.resolve();
      void executor().then(loaded => loaded.handle(event));
    },
  });
  const connected = connection.run();
  let loading: Promise<Executor> | undefined;
  const host: ExecutorHost = {
    ...{ settings, hooks, own, connection, onProblem, clock },
    override: overrideOf(argv),
    executorId: agent.executorId,
    shutdownGraceMs: agent.shutdownGraceMs,
    connected,
    environment: taskEnvironment(environment),
    hookEnvironment: hookEnvironment(environment),
    sandbox: agent.sandbox,
    checkAddress: environment.CLOUD_PUBLIC_IP || undefined,
    onInfo: (message, fields) => log.info(message, fields),
    async makeServiceLog(task) {
      if (labelOf(task, 'log-scraping') === undefined) return undefined;
      const { createServiceLog } = await import('../service-log/create-service-log.ts');
      const { executorId } = agent;
      return createServiceLog(task, { ...{ settings, environment, executorId, counters, tls }, clock, onProblem });
    },
  };
  /** The module is loaded while the agent's answer is awaited, which shortens the start by some milliseconds. */
  const executor = () => {
    loading ??= import('./executor.ts').then(({ Executor }) => new Executor(host));
    return loading;
  };
  return { executor, spoken: Promise.race([first.promise, connected]) };
}
