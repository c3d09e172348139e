/** The coming and going of frameworks on this agent. */
import { join } from 'node:path';
import { type FrameworkId, FrameworkInfo, type UpdateFrameworkMessage } from '@meseta/protocol';
import type { RegisteredContext } from './context.ts';
import type { DiskOperation } from './disk/operation.ts';
import { encodeLengthPrefixed } from './disk/records.ts';
import { Framework } from './state/framework.ts';

/** Returns the framework of a task to run: a known one, a completed one with its history, or a new one. */
export function frameworkFor(
  context: RegisteredContext,
  id: FrameworkId,
  info: FrameworkInfo,
  pid: string | undefined,
): Framework {
  const { agent, flags } = context;
  const known = agent.frameworks.get(id);
  if (known) return known;
  let framework = agent.completedFrameworks.get(id);
  if (framework) {
    agent.completedFrameworks.delete(id);
    framework.info = info;
    framework.pid = pid === '' ? undefined : pid;
    framework.state = 'RUNNING';
  } else {
    framework = new Framework(id, info, pid, flags.max_completed_executors_per_framework);
  }
  addFramework(context, framework);
  writeFramework(context, framework);
  return framework;
}

/** Puts a framework among the agent's. */
export function addFramework({ agent }: RegisteredContext, framework: Framework): void {
  agent.frameworks.set(framework.id, framework);
  agent.notify(observer => observer.frameworkAdded?.(framework));
}

/** Writes what recovery needs to know of a framework. Jobs on disk keep their order, so its tasks come after it. */
function writeFramework(context: RegisteredContext, framework: Framework): void {
  if (!framework.checkpoint) return;
  framework.written = context.disk.perform(checkpoint(context, framework)).then(
    () => true,
    error => {
      context.log.error('Failed to write a framework down', { error, framework_id: framework.id });
      return false;
    },
  );
}

/**
 * Resolves when a framework is on disk, without which nothing of it would be found again; what failed is done again.
 *
 * @throws {DiskError}
 */
export async function frameworkWritten(context: RegisteredContext, framework: Framework): Promise<void> {
  if (await framework.written) return;
  await context.disk.perform(checkpoint(context, framework));
  framework.written = Promise.resolve(true);
}

function checkpoint({ paths, agent }: RegisteredContext, framework: Framework): DiskOperation[] {
  const directory = paths.framework(paths.meta, agent.id, framework.id);
  const data = encodeLengthPrefixed(FrameworkInfo, framework.info);
  return [
    { type: 'mkdir', path: directory },
    { type: 'replace', path: join(directory, 'framework.info'), data },
    { type: 'replace', path: join(directory, 'framework.pid'), data: framework.pid ?? '' },
  ];
}

/**
 * Updates a framework whose scheduler came back, perhaps at another address, or whose info changed.
 *
 * @see Mesos src/slave/slave.cpp, Slave::updateFramework
 */
export function updateFramework(context: RegisteredContext, message: UpdateFrameworkMessage): void {
  const framework = context.agent.frameworks.get(message.framework_id.value);
  if (framework?.state !== 'RUNNING') return;
  framework.pid = message.pid === '' ? undefined : message.pid;
  if (message.framework_info) framework.info = message.framework_info;
  writeFramework(context, framework);
  context.statusUpdates.resumeFramework(framework.id);
}

/** Moves a framework without executors to the history. */
export function removeIfIdle({ agent, statusUpdates, log }: RegisteredContext, framework: Framework): void {
  if (framework.executors.size > 0 || agent.frameworks.get(framework.id) !== framework) return;
  if (framework.state === 'TERMINATING') statusUpdates.forget(framework.id);
  agent.frameworks.delete(framework.id);
  agent.completedFrameworks.add(framework.id, framework);
  log.info('Removed framework, which has no executors left', { framework_id: framework.id });
  agent.notify(observer => observer.frameworkRemoved?.(framework));
}
