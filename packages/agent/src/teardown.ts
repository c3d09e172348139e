/** The end of an agent, as far as what it runs is concerned. */
import { UnregisterSlaveMessage } from '@meseta/protocol';
import { agentUntil } from './agent-until.ts';
import type { AgentContext, RegisteredContext } from './context.ts';
import { shutdownGraceMs } from './executors/end.ts';
import { shutdownFramework } from './shutdown-framework.ts';
import type { Executor } from './state/executor.ts';

/** How long after their grace period executors may take to be gone. */
const extraMs = 1000;
/** How long containers that were ended by force may take to be gone until the agent ends without them. */
const cleanUpsMs = 5000;

/** Tells the master that the agent leaves: its tasks are lost to the frameworks at once. */
export function unregister({ agent, messages }: RegisteredContext): void {
  messages.sendToMaster(UnregisterSlaveMessage, { agent_id: { value: agent.id } });
}

/** Ends every executor. */
export async function endExecutors(context: RegisteredContext): Promise<void> {
  const { agent } = context;
  const executors = [...agent.executors()];
  for (const framework of [...agent.frameworks.values()]) shutdownFramework(context, framework);
  await untilEnded(context, executors, () => agent.frameworks.size === 0);
}

/** Forgets the agent's id: the next agent here is a new one. */
export async function forgetId({ disk, paths }: AgentContext): Promise<void> {
  await disk.perform([{ type: 'remove', path: paths.latestAgent(paths.meta) }]);
}

/** Ends what does not survive the agent: executors of frameworks that do not checkpoint, and checks of tasks. */
export async function endUncheckpointed(context: RegisteredContext): Promise<void> {
  const { agent } = context;
  const executors = [...agent.executors()].filter(({ checkpoint }) => !checkpoint);
  for (const framework of [...agent.frameworks.values()]) {
    if (!framework.checkpoint) shutdownFramework(context, framework);
  }
  await untilEnded(context, executors, () => executors.every(({ state }) => state === 'TERMINATED'));
  await Promise.all([...agent.executors()].map(({ connection }) => connection?.leave?.()));
}

/** Waits until the executors that were asked to shut down have ended. Those that have not ended in time are killed. */
async function untilEnded(
  context: RegisteredContext,
  executors: readonly Executor[],
  ended: () => boolean,
): Promise<void> {
  const { containerizer } = context;
  const graceMs = Math.max(0, ...executors.map(executor => shutdownGraceMs(context, executor)));
  await agentUntil(context, graceMs + extraMs, ended);
  const removed = executors.map(({ container }) => containerizer.remove(container));
  await cleanUps(context, executors, removed);
}

/**
 * Waits until containers are gone, with what hooks and isolators do at their end, but not forever: the next agent does it,
 * too, and a process in the middle of a system call may be there for long.
 */
async function cleanUps(
  { agent, clock }: AgentContext,
  executors: readonly Executor[],
  removed: readonly Promise<void>[],
): Promise<void> {
  const ended = executors.filter(({ hasContainer }) => hasContainer).map(({ containerOver }) => containerOver.promise);
  const ending = [...agent.executors()].map(({ containerEnd }) => containerEnd);
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(cleanUpsMs, resolve);
  await Promise.race([Promise.all([...removed, ...ended, ...ending]), promise]);
  cancel();
}
