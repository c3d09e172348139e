/** How executors come to the agent, by either protocol, for the first time or back after the agent's restart. */
import { join } from 'node:path';
import type { StatusUpdate, TaskInfo, TaskStatus } from '@meseta/protocol';
import type { RegisteredContext } from '../context.ts';
import type { Executor, ExecutorConnection } from '../state/executor.ts';
import type { Framework } from '../state/framework.ts';
import { runIds } from '../state/run-ids.ts';
import { droppedState, sendAgentStatus } from '../task-updates.ts';
import { executorConnected } from './custom.ts';
import { receiveStatus } from './receive.ts';

/** What an executor reports when it registers: tasks and updates without an acknowledgement. */
export interface Brought {
  readonly tasks: readonly TaskInfo[];
  readonly updates: readonly (TaskStatus & { readonly uuid: string })[];
}

/**
 * Registers an executor. Adds what it reports; then reports tasks as lost that the agent assumed it had, but that it
 * never got (because the agent was restarted in between); finally sends it the queued tasks.
 */
export async function registerExecutor(
  context: RegisteredContext,
  framework: Framework,
  executor: Executor,
  connection: ExecutorConnection,
  brought: Brought | undefined,
): Promise<void> {
  rememberProtocol(context, executor, connection);
  const wasHere = executor.state !== 'REGISTERING';
  const connected = executorConnected(context, framework, executor, connection);
  if (brought) {
    const received = brought.updates.map(status => receiveStatus(context, framework, executor, status));
    if (wasHere) await reportNeverLaunched(context, framework, executor, brought.tasks);
    await Promise.all(received);
  }
  await connected;
}

/** Converts an update of a v0 driver into a status with its UUID; undefined when it has none. */
export function statusOf({ status, uuid }: StatusUpdate): (TaskStatus & { readonly uuid: string }) | undefined {
  const id = uuid ?? status.uuid;
  return id === undefined ? undefined : { ...status, uuid: id };
}

async function reportNeverLaunched(
  context: RegisteredContext,
  framework: Framework,
  executor: Executor,
  brought: readonly TaskInfo[],
): Promise<void> {
  const known = new Set(brought.map(({ task_id }) => task_id.value));
  const lost = [...executor.launchedTasks.values()].filter(
    ({ task_id, state }) => state === 'TASK_STAGING' && !known.has(task_id.value),
  );
  const sent = lost.map(({ task_id }) =>
    sendAgentStatus(context, framework, task_id.value, executor, {
      state: droppedState(framework),
      reason: 'REASON_AGENT_RESTARTED',
      message: 'Task launched during agent restart',
    }),
  );
  await Promise.all(sent);
}

/** By which protocol recovery has to expect the executor. */
function rememberProtocol(context: RegisteredContext, executor: Executor, connection: ExecutorConnection): void {
  const { agent, disk, paths, log } = context;
  executor.speaksHttp = connection.pid === undefined;
  if (!executor.checkpoint) return;
  const run = paths.run(paths.meta, agent.id, runIds(executor));
  disk
    .perform(
      connection.pid === undefined
        ? [{ type: 'touch', path: join(run, 'http.marker') }]
        : [{ type: 'replace', path: join(run, 'pids', 'libprocess.pid'), data: connection.pid }],
    )
    .catch(error => log.error('Failed to write an executor down', { error, executor_id: executor.id }));
}
