/** Connects the parts of a master, except sockets and disk, which it gets. */
import { type AccessControl, type Files, openAccess } from '@meseta/daemon';
import type { ParsedFlags } from '@meseta/flags';
import { HookManager } from '@meseta/modules';
import type { MasterInfo } from '@meseta/protocol';
import type { Storage } from '@meseta/storage';
import type { Clock } from '@meseta/system';
import type { Logger, Metrics } from '@meseta/telemetry';
import { AgentConnections } from './agents/agent-connections.ts';
import { watchDraining } from './agents/drain.ts';
import { installAgentMessages } from './agents/messages.ts';
import { pruneRegularly, recoverAgents } from './agents/recovery.ts';
import { RemovalLimiter } from './agents/removal-limiter.ts';
import type { Allocation } from './allocation.ts';
import { type PeerAuthentication, peerAuthentication, secretsOf } from './authentication/peer-authentication.ts';
import { PeerSessions } from './authentication/sessions.ts';
import type { Authentication, MasterContext, Messages, Offers } from './context.ts';
import type { masterFlags } from './flags.ts';
import { FrameworkLimiter } from './rate-limits/framework-limiter.ts';
import { updateConcerns } from './registrar/concerns.ts';
import { Registrar, RegistrarError } from './registrar/registrar.ts';
import { firstWeights, restoreSettings } from './settings.ts';
import { Cluster } from './state/cluster.ts';
import { logTasks } from './tasks/log.ts';
import { noWebUi, type WebUi } from './web-ui/index.ts';

/** What a master is made from. */
export interface MasterParts {
  readonly info: MasterInfo;
  readonly flags: ParsedFlags<typeof masterFlags>;
  readonly storage: Storage;
  /** How long the storage took to open, in milliseconds. */
  readonly openingMs?: number;
  readonly messages: Messages;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly files: Files;
  /** When the process started, milliseconds since the epoch. Default: now. */
  readonly startedAt?: number;
  /** Agents are reached by `https://`. Default: false. */
  readonly speaksTls?: boolean;
  /** Default: everything is allowed. */
  readonly access?: AccessControl;
  /** How v0 frameworks and agents prove who they are. Default: they cannot. */
  readonly authentication?: PeerAuthentication;
  /** Default: none. */
  readonly hooks?: HookManager;
  /** Default: none. */
  readonly webUi?: WebUi;
  /** Called when the context is complete but for these two. */
  readonly allocation: (context: MasterContext) => Allocation;
  readonly offers: (context: MasterContext) => Offers;
  /** Called once when the master must not go on. */
  readonly abort: (error: Error) => void;
}

/** A master that is put together but has not read its registry yet. */
export interface Master {
  readonly context: MasterContext;
  /**
   * Reads the registry and starts to handle messages of agents. No request may be answered before it resolves.
   *
   * @throws {RegistrarError} when the registry cannot be read.
   */
  recover(): Promise<void>;
  /** Cancels timers and links. The transport and the storage are closed by who made them. */
  stop(): void;
}

/** Connects the parts of a master for one term. Nothing is recovered and no message is handled yet. */
export function assembleMaster(parts: MasterParts): Master {
  const { info, storage, messages, clock, log, metrics, files } = parts;
  const { flags } = parts.flags;
  let aborted = false;
  const abort = (error: Error) => {
    if (aborted) return;
    aborted = true;
    parts.abort(error);
  };
  const sessions = new PeerSessions({
    authentication: parts.authentication ?? peerAuthentication(secretsOf(undefined)),
    ...{ info, flags, messages, clock, log, metrics },
  });
  const context = {
    id: info.id,
    info,
    flags,
    cluster: new Cluster({
      maxCompletedFrameworks: flags.max_completed_frameworks,
      agentScheme: parts.speaksTls ? 'https' : 'http',
    }),
    registrar: new Registrar({
      storage,
      ...(parts.openingMs !== undefined && { openingMs: parts.openingMs }),
      clock,
      log: log.child({ component: 'registrar' }),
      metrics,
      fetchTimeoutMs: flags.registry_fetch_timeout,
      storeTimeoutMs: flags.registry_store_timeout,
      onFailure: abort,
    }),
    webUi: parts.webUi ?? noWebUi,
    hooks: parts.hooks ?? new HookManager([], log),
    access: parts.access ?? openAccess,
    authentication: sessions as Authentication,
    clock,
    log,
    metrics,
    files,
    flagsView: () => parts.flags.view(),
    startedAt: parts.startedAt ?? clock.now(),
    electedAt: clock.now(),
    messages,
    agentConnections: new AgentConnections(),
    removalLimiter: new RemovalLimiter(clock, flags.agent_removal_rate_limit),
    frameworkLimiter: new FrameworkLimiter(flags.rate_limits, { clock, log, metrics }),
    sendToAgent: ((agent, type, message) => messages.send(agent.pid, type, message)) as MasterContext['sendToAgent'],
    abort,
  } as MasterContext & { allocation: Allocation; offers: Offers };
  context.allocation = parts.allocation(context);
  context.offers = parts.offers(context);
  context.cluster.observe(logTasks(log));
  context.cluster.observe(context.frameworkLimiter);
  const stops: (() => void)[] = [
    () => context.registrar.stop(),
    () => context.agentConnections.endAll(),
    () => context.removalLimiter.stop(),
    () => context.frameworkLimiter.stop(),
    () => context.allocation.stop(),
    () => sessions.stop(),
  ];
  return {
    context,
    recover: async () => {
      const registry = await context.registrar.recover();
      if (!flags.log_auto_initialize && !registry.master) {
        throw new RegistrarError('There is no registry, and --no-log_auto_initialize says not to begin one');
      }
      // The first store: a registry that cannot be written is found now, not when the first agent comes.
      await context.registrar.apply(
        updateConcerns('Note the leading master', concerns => ({
          master: { info },
          ...firstWeights(context, concerns),
        })),
      );
      stops.push(recoverAgents(context), pruneRegularly(context));
      stops.push(await restoreSettings(context));
      watchDraining(context);
      sessions.install();
      installAgentMessages(context);
      context.allocation.start();
    },
    stop: () => {
      for (const stop of stops) stop();
    },
  };
}
