/** Puts an agent together. Nothing imports this file but the package's index. */
import { join } from 'node:path';
import { addSharedRoutes, daemonAddress, daemonAdmission, Files, withProxyTokens } from '@meseta/daemon';
import { assertDescriptorLimit, formatPid, type Report } from '@meseta/process';
import { newUuid } from '@meseta/protocol';
import { applyCheckpointed, Resources } from '@meseta/resources';
import { CheckPacer } from '@meseta/tasks';
import { startFields } from '@meseta/telemetry';
import { addViews } from './add-views.ts';
import { executorRoute } from './api/executor/endpoint.ts';
import { ApiContainers } from './api-containers/api-containers.ts';
import { agentCapabilities } from './capabilities.ts';
import { type AgentContext, isRegistered } from './context.ts';
import { Disk } from './disk/disk.ts';
import { checkDiskSources } from './disk/disk-sources.ts';
import { Paths } from './disk/paths.ts';
import { DiskSpace } from './disk/space.ts';
import { createTaskHooks } from './executors/create-task-hooks.ts';
import { forwardStatus } from './forward-status.ts';
import { GarbageCollector } from './gc/garbage-collector.ts';
import { decorateInfo } from './isolation/decorate-info.ts';
import { decorateStatus } from './isolation/decorate-status.ts';
import { withoutRoot } from './isolation/without-root.ts';
import { agentInfo, machineResources } from './machine.ts';
import { installMessages } from './messages/install.ts';
import { openNetwork } from './network.ts';
import { Operations } from './operations.ts';
import { messagesOf } from './outgoing.ts';
import { Oversubscription } from './oversubscription/oversubscription.ts';
import { type PreparedAgent, prepareAgent } from './prepare.ts';
import { Privacy } from './privacy.ts';
import { damageHandling } from './recovery/damage.ts';
import { readResources } from './recovery/read-resources.ts';
import { recover } from './recovery/recover.ts';
import { readVersions } from './recovery/state-version.ts';
import { AgentGoneError, saysGone } from './registration/gone.ts';
import { Registration } from './registration/registration.ts';
import type { AgentOptions, RunningAgent } from './running-agent.ts';
import { secondAddress } from './second-address.ts';
import { Sessions } from './sessions.ts';
import { Agent } from './state/agent.ts';
import { StatusUpdateManager } from './status-updates/manager.ts';
import { endExecutors, endUncheckpointed, forgetId, unregister } from './teardown.ts';

const actor = 'slave(1)';

/**
 * Starts an agent: listens, takes over what an earlier agent left, and begins to look for its master. Needs nothing
 * of the process it runs in, so one process may have several.
 *
 * @throws {DescriptorLimitError} {DirectoryError} {RecoveryError} {DirectoryInUseError} {ModuleError} {IsolationError} {ImageError} {MasterAddressError} {AddressError} {DiskSourceError} {CredentialsError} {SecretKeyError} {AuthenticationSetupError} {ExecutorSocketError} {VolumeGidRangeError}, and what `net` throws
 *   when the port is taken.
 */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  options.log.info('Starting an agent', startFields(options.flagsView?.() ?? {}));
  assertDescriptorLimit();
  const prepared = await prepareAgent(options);
  try {
    return await putTogether(prepared);
  } catch (error) {
    await prepared.release();
    throw error;
  }
}

async function putTogether(options: PreparedAgent): Promise<RunningAgent> {
  const { flags, log, metrics, clock, containerizer, endsContainers, tokens, executorSocket, volumeGids } = options;
  const { hooks, estimator, controller, credential, locator, release } = options;
  const access = withProxyTokens(options.access, { key: options.proxyKey, agentId: () => agent.id, clock });
  const paths = new Paths(flags.work_dir);
  // What can be refused is looked at before anything is opened that would have to be closed again.
  const address = await daemonAddress(flags);
  const ip6 = await secondAddress(flags);
  const found = agentInfo(
    flags,
    await machineResources(flags, options.gpus),
    address.hostname,
    address.port ?? address.bindPort,
  );
  const info = await decorateInfo(hooks, found, log);
  const configured = Resources.of(info.resources);
  await checkDiskSources(info.resources ?? [], flags.work_dir);
  const damage = damageHandling(options);
  const outdated = await readVersions([paths.version, join(flags.runtime_dir, 'version')], damage);
  const { resources: checkpointed, operations: unacknowledged } = await readResources(paths, damage);
  const totalResources = applyCheckpointed(configured, checkpointed);
  const taskHooks = await createTaskHooks(flags, address.ip, log);
  const report: Report = (level, message, error) => log[level === 'warn' ? 'warning' : 'error'](message, { error });
  const admission = await daemonAdmission(flags, address.hostname);
  const privacy = options.owner === undefined ? undefined : new Privacy(options.owner, () => agent.executors());
  const { tls } = options;
  const { router, server, transport, socketServer } = await openNetwork({
    ...{ actor, flags, address, admission, access, privacy, tls, report, log, metrics },
    executorSocket,
  });
  const pid = transport.pid(actor);

  const disk = new Disk(error => space?.suspect(error));
  const closeParts = async () => {
    await taskHooks?.close();
    await statusUpdates.close();
    transport.close();
    await Promise.all([server.close(), socketServer?.close()]);
    await sessions.close(); // their connections are closed
    await containerizer.close();
    await disk.close();
    await release();
  };

  const agent = new Agent({
    info: { ...info, port: pid.port },
    pid: formatPid(pid),
    startTime: clock.now() / 1000,
    capabilities: agentCapabilities(flags),
    totalResources,
    checkpointedResources: Resources.of(checkpointed),
    resourceVersion: newUuid(),
  });
  for (const operation of unacknowledged) if (operation.uuid) agent.operations.set(operation.uuid.value, operation);
  // Also of executors that an earlier agent started.
  if (privacy) agent.observe({ executorAdded: executor => void privacy.learnOrWarn(executor, log) });
  const messages = messagesOf(agent, transport, actor);
  const decoratesStatuses = hooks.has('slaveTaskStatusDecorator') || containerizer.isolates;
  const statusUpdates = new StatusUpdateManager({
    disk,
    clock,
    log: log.child({ component: 'status-updates' }),
    forward: update => forwardStatus(context, update),
    lastAgent: endsContainers,
    ...(decoratesStatuses && { decorate: update => decorateStatus(context, update) }),
  });
  const sessions = new Sessions({ containerizer, clock, log });
  const garbage = new GarbageCollector({ agent, clock, containerizer, disk, flags, log, metrics, paths });
  const ended = Promise.withResolvers<Error | undefined>();
  let closing: Promise<void> | undefined;
  const close = (before: () => Promise<void>) => {
    closing ??= (async () => {
      space?.stop();
      await garbage.stop();
      registration.stop();
      oversubscription.stop();
      operations.close();
      await before();
      apiContainers.close();
      await closeParts();
    })();
    return closing;
  };
  const suspicion = { suspect: (error: unknown) => space?.suspect(error) };
  const apiContainers = new ApiContainers({
    agent,
    containerizer,
    disk,
    flags,
    log,
    ...{ onDamage: damage.onDamage, paths, sessions, space: suspicion },
  });
  const context: AgentContext = {
    flags,
    agent,
    paths,
    disk,
    space: suspicion,
    containerizer,
    apiContainers,
    sessions,
    hooks,
    access,
    tokens,
    taskHooks,
    checkPacer: new CheckPacer(),
    statusUpdates,
    messages,
    clock,
    log,
    metrics,
    privacy,
    ip: address.ip,
    ip6,
    volumeGids,
    executorSocket,
    tls,
    abort(error) {
      log.error('The agent cannot go on', { error });
      void close(async () => undefined).finally(() => ended.resolve(error));
    },
  };
  const registration = new Registration(context, transport, actor, { locator, credential });
  const operations = new Operations(context, configured);
  const oversubscription = new Oversubscription(context, { estimator, controller });
  // An agent whose directories will not be used again need not write anything, and waiting for its disk could take
  // forever.
  const space = endsContainers
    ? undefined
    : new DiskSpace({
        directories: [paths.workDirectory, flags.runtime_dir],
        ...{ disk, clock, log },
        onFull: () => registration.hold(),
        onRoom: () => registration.release(),
      });
  const shutdown = async (why: string, gone = false) => {
    log.info('Shutting down with everything that runs', { reason: why });
    // An agent that was registered ends as required; one that was not could not start.
    const refused = gone && agent.state === 'DISCONNECTED' ? new AgentGoneError(context) : undefined;
    if (gone) log.error(new AgentGoneError(context).message);
    agent.state = 'TERMINATING';
    await close(async () => {
      if (isRegistered(context)) await endExecutors(context);
      if (!gone) await forgetId(context);
    });
    ended.resolve(refused);
  };
  const onShutdown = (why = 'The master said so') => void shutdown(why, saysGone(why));

  const files = new Files();
  router.add(actor, [executorRoute(context)]);
  addViews({ ...context, files, flagsView: options.flagsView ?? (() => ({})) }, router, actor);
  addSharedRoutes(router, {
    files,
    metrics,
    verbosity: log.verbosity,
    readonlyRealm: 'mesos-agent-readonly',
    readwriteRealm: 'mesos-agent-readwrite',
  });
  installMessages(context, transport, actor, { registration, operations, shutdown: onShutdown });

  const colliding = flags.containerizers.filter(name => name !== 'docker');
  if (flags.shared_ports && colliding.length > 0) {
    log.warning(
      '--shared_ports gives several tasks the same port, but containers of these --containerizers have the addresses of the machine: a task whose port is taken will fail',
      { containerizers: colliding.join() },
    );
  }
  const off = withoutRoot(process.geteuid?.());
  if (off !== undefined) log.warning(off);
  const recoveryBegan = performance.now();
  try {
    await recover(context, damage, outdated);
    await volumeGids?.recover([...[...agent.executors()].map(({ directory }) => directory), paths.containers]);
    await space?.start();
    if (!endsContainers) garbage.start();
    metrics.gauge('slave/recovery_time_secs').set((performance.now() - recoveryBegan) / 1000);
  } catch (error) {
    await close(async () => undefined);
    throw error;
  }
  if (flags.recover === 'cleanup') void shutdown('Started with --recover=cleanup');
  else registration.start();
  oversubscription.start();

  return {
    context,
    pid: agent.pid,
    port: pid.port,
    files,
    registered: registration.registered,
    ended: ended.promise,
    stop: () =>
      close(async () => {
        if (isRegistered(context)) await endUncheckpointed(context);
      }),
    async shutdown() {
      if (isRegistered(context)) unregister(context);
      await shutdown('The agent was asked to end');
    },
  };
}
