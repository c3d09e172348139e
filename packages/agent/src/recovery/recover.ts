/**
 * Takes over from an earlier agent on the same work directory, whichever way that one ended: reads what it wrote, asks
 * the containerizer what became of its containers, and brings the two together. Only after that the master is contacted.
 *
 * @see Mesos src/slave/slave.cpp, Slave::recover to Slave::__recover
 */
import { dirname } from 'node:path';
import { type ContainerId, containerKey, type RecoveredContainer, type Recovery } from '@meseta/containers';
import { formatDuration } from '@meseta/flags';
import { type AgentInfo, ReconnectExecutorMessage } from '@meseta/protocol';
import { endsWithin, every } from '@meseta/system';
import { agentUntil } from '../agent-until.ts';
import { type AgentContext, type RegisteredContext, takeId } from '../context.ts';
import { DiskError, type DiskOperation } from '../disk/operation.ts';
import { isFull } from '../disk/space.ts';
import { endContainer } from '../executors/container-end.ts';
import { explain, watchExecutor } from '../executors/custom.ts';
import { destroyExecutor, executorTerminated } from '../executors/end.ts';
import { killAll } from '../messages/drain.ts';
import { forgetId } from '../teardown.ts';
import { readBoot } from './boot.ts';
import { incompatibility, isReconfigured } from './compatibility.ts';
import type { DamageHandling } from './damage.ts';
import { RecoveryError } from './error.ts';
import { knownContainers } from './known-containers.ts';
import { type AgentRecord, type FrameworkRecord, readAgent, readFrameworks } from './read.ts';
import type { ReadContext } from './read-task.ts';
import { type Restored, restoreFramework } from './restore.ts';
import { reuniteCommand, reunitePod } from './reunite-built-in.ts';
import { versionOperations } from './state-version.ts';

/** How long `--recover=cleanup` waits for the ends of containers that belong to no executor, in milliseconds. */
const cleanUpMs = 5000;

/**
 * Recovers the state of the earlier agent. When it resolves, everything that agent left is accounted for.
 *
 * @param outdated files of {@link readVersions}, written when all has been read.
 * @throws {RecoveryError} {IsolatorError}
 */
export async function recover(
  context: AgentContext,
  damage: DamageHandling,
  outdated: readonly string[],
): Promise<void> {
  const { agent, apiContainers, clock, containerizer, flags, paths, log, statusUpdates } = context;
  const boot = readBoot(paths.bootId, damage);
  const reading: ReadContext = { ...damage, rebooted: boot.rebooted, paths, statusUpdates };
  const before = await readAgent(reading);
  const goesOn = before !== undefined && takesOver(context, before.info, boot.rebooted);
  const frameworks = goesOn ? await readFrameworks(reading, before.id) : [];
  await writeVersions(context, outdated);
  if (!goesOn) agent.operations.clear(); // they belong to another agent id, so they will not be acknowledged
  // Should the agent end before it has a new id, the next one must not take this start for one without a reboot.
  if (before !== undefined && !goesOn) await forgetId(context);
  let orphans: Recovery['orphans'];
  if (goesOn) {
    takeId(context, before.id);
    agent.isReconfigured = isReconfigured(before.info, agent.info);
    log.info('Recovering', { agent_id: before.id, rebooted: boot.rebooted });
    orphans = await takeOver(context, before, frameworks);
  } else {
    const recovery = await containerizer.recover(await apiContainers.read([]));
    await apiContainers.takeOver(recovery.containers);
    ({ orphans } = recovery);
  }
  const removed = Promise.all(orphans.map(id => removeOrphan(context, id)));
  if (flags.recover === 'cleanup') await endsWithin(clock, cleanUpMs, removed); // the agent ends soon
  if (boot.isWritten) return; // nothing to write: a full disk is no reason not to start
  await write(context, [
    { type: 'mkdir', path: paths.meta },
    { type: 'replace', path: paths.bootId, data: boot.id, sync: true },
  ]);
}

/** Writes this agent's version to files. An agent whose disk is full has tasks to supervise, and starts without that. */
async function writeVersions(context: AgentContext, outdated: readonly string[]): Promise<void> {
  if (outdated.length === 0) return;
  try {
    await write(context, versionOperations(outdated));
  } catch (error) {
    if (!isFull(error)) throw error;
    context.log.warning('Nothing can be written to the disk: the next start writes the version of the state', {
      error,
    });
  }
}

/** @throws {RecoveryError} */
function write({ disk }: AgentContext, operations: readonly DiskOperation[]): Promise<void> {
  return disk.perform(operations).catch(cause => {
    const help = 'see that there is room on its file system, and that it can be written';
    const directory = cause instanceof DiskError ? dirname(cause.path) : 'the disk';
    throw new RecoveryError(`Cannot write to '${directory}': ${cause.message}; ${help}`, { cause });
  });
}

/** Puts back what an earlier run of the agent was doing. @returns containers that it had not written down. */
async function takeOver(
  context: RegisteredContext,
  { drainConfig }: AgentRecord,
  frameworks: readonly FrameworkRecord[],
): Promise<Recovery['orphans']> {
  const { agent, apiContainers, clock, containerizer, flags } = context;
  if (drainConfig) agent.draining = { config: drainConfig, startedAt: clock.now() / 1000 };
  const restored = frameworks.flatMap(record => restoreFramework(context, record));
  const ofExecutors = restored.flatMap(each => knownContainers(context, each));
  const known = [...ofExecutors, ...(await apiContainers.read(ofExecutors))];
  const { containers, orphans } = await containerizer.recover(known);
  await apiContainers.takeOver(containers);
  await Promise.all(restored.map(each => reunite(context, each, { containers })));
  if (flags.recover === 'reconnect') await awaitExecutors(context, restored);
  if (agent.draining) killAll(context, agent.draining.config);
  return orphans;
}

/** True to go on as the agent that was; false to start as a new one. @throws {RecoveryError} when neither is right. */
function takesOver({ agent, flags, log }: AgentContext, before: AgentInfo, rebooted: boolean): boolean {
  const anyPort = flags.port === 0;
  const policy = flags.reconfiguration_policy === 'additive' ? 'additive' : 'equal';
  const problem = incompatibility(before, agent.info, { policy, anyPort });
  if (problem === undefined) return true;
  if (rebooted) {
    log.warning('The machine was rebooted and the agent changed: starting as a new agent', { change: problem });
    return false;
  }
  const mayGrow = incompatibility(before, agent.info, { policy: 'additive', anyPort }) === undefined;
  throw new RecoveryError(
    `This is not the agent that ran in '${flags.work_dir}' before: ${problem}. Start it as it was, ` +
      `${mayGrow ? 'allow additions with --reconfiguration_policy=additive, ' : ''}or end what it ran and start anew ` +
      `with 'rm -f ${flags.work_dir}/meta/slaves/latest'`,
  );
}

/** Brings an executor and its container together again. */
async function reunite(
  context: RegisteredContext,
  restored: Restored,
  { containers }: Pick<Recovery, 'containers'>,
): Promise<void> {
  const { executor } = restored;
  const container = containers.get(containerKey(executor.container));
  executor.pid = container?.pid;
  executor.isLaunched = container !== undefined;
  if (executor.kind === 'command') await reuniteCommand(context, restored, container);
  else if (executor.kind === 'default') await reunitePod(context, restored, containers);
  else await reuniteCustom(context, restored, container);
}

async function reuniteCustom(
  context: RegisteredContext,
  { framework, executor, record }: Restored,
  container: RecoveredContainer | undefined,
): Promise<void> {
  const { containerizer, messages, agent, flags } = context;
  if (!container?.running) {
    const termination = container && (await containerizer.wait(executor.container));
    explain(executor, termination);
    await endContainer(context, framework.info, executor, executor.info);
    return executorTerminated(context, framework, executor, termination?.exit);
  }
  executor.state = 'RUNNING';
  watchExecutor(context, framework, executor);
  if (flags.recover === 'cleanup') return destroyExecutor(context, executor, {});
  const message = { agent_id: { value: agent.id } };
  if (record.pid !== undefined) messages.send(record.pid, ReconnectExecutorMessage, message);
}

/** Waits for executors to come back. Those that do not in time are ended. */
async function awaitExecutors(context: RegisteredContext, restored: readonly Restored[]): Promise<void> {
  const { agent, clock, flags, messages } = context;
  agent.acceptsExecutors = true;
  const timeoutMs = flags.executor_reregistration_timeout;
  const againMs = flags.executor_reregistration_retry_interval;
  const missing = () =>
    restored.filter(({ executor }) => !executor.isBuiltIn && executor.state === 'RUNNING' && !executor.connection);
  const message = { agent_id: { value: agent.id } };
  const remind = () => {
    for (const { record } of missing()) {
      if (record.pid !== undefined) messages.send(record.pid, ReconnectExecutorMessage, message);
    }
  };
  const stop = againMs === undefined ? undefined : every(clock, againMs, remind);
  await agentUntil(context, timeoutMs, () => missing().length === 0);
  stop?.();
  for (const { framework, executor } of missing()) {
    context.log.warning('Executor did not come back in time, ending it', { executor_id: executor.id });
    destroyExecutor(context, executor, {
      state: framework.has('PARTITION_AWARE') ? 'TASK_GONE' : 'TASK_LOST',
      reason: 'REASON_EXECUTOR_REREGISTRATION_TIMEOUT',
      message: `Executor did not reregister within ${formatDuration(timeoutMs)}`,
    });
  }
}

/** A container that nothing was written of: of a framework that does not checkpoint, or of an agent of another id. */
async function removeOrphan({ containerizer, log }: AgentContext, id: ContainerId): Promise<void> {
  const container_id = containerKey(id);
  log.info('Ending a container that belongs to no executor', { container_id });
  try {
    await containerizer.remove(id);
  } catch (error) {
    log.error('Failed to end a container', { error, container_id });
  }
}
