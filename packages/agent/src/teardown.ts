/** The end of an agent, as far as what it runs is concerned. */
import { UnregisterSlaveMessage } from '@meseta/protocol';
import type { AgentContext } from './context.ts';
import type { ContainerId } from './ids.ts';
import { shutdownFramework } from './shutdown-framework.ts';

/** How long after their grace period executors may take to be gone. */
const extraMs = 1000;
const lookMs = 20;
/** How long the ends of containers may take until the agent goes without them. */
const cleanUpsMs = 5000;

/** Tells the master that the agent leaves: its tasks are lost to the frameworks at once. */
export function unregister({ agent, messages }: AgentContext): void {
  if (agent.id !== undefined) messages.sendToMaster(UnregisterSlaveMessage, { agent_id: { value: agent.id } });
}

/** Ends every executor and forgets the agent's id: the next agent here is a new one. */
export async function endExecutors(context: AgentContext): Promise<void> {
  const { agent, clock, disk, flags, launcher, paths } = context;
  const containers = [...agent.executors()].map(({ containerId }) => containerId);
  for (const framework of [...agent.frameworks.values()]) shutdownFramework(context, framework);
  const deadline = clock.now() + flags.executor_shutdown_grace_period + extraMs;
  while (agent.frameworks.size > 0 && clock.now() < deadline) {
    await new Promise<void>(resolve => {
      clock.after(lookMs, resolve);
    });
  }
  await Promise.all(containers.map(id => launcher.remove(id)));
  await cleanUps(context, containers);
  await disk.perform([{ type: 'remove', path: paths.latestAgent(paths.meta) }]);
}

/** Ends what does not survive the agent: executors of frameworks that do not checkpoint, and checks of tasks. */
export async function endUncheckpointed(context: AgentContext): Promise<void> {
  const { agent, launcher } = context;
  await Promise.all([...agent.executors()].map(({ connection }) => connection?.leave?.()));
  const ending = [...agent.executors()].filter(({ checkpoint }) => !checkpoint);
  const containers = ending.map(({ containerId }) => containerId);
  await Promise.all(containers.map(id => launcher.remove(id)));
  await cleanUps(context, containers);
}

/** Waits for what hooks and isolators do at the end of containers, but not forever: the next agent does it, too. */
async function cleanUps({ clock, containers }: AgentContext, ids: readonly ContainerId[]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(cleanUpsMs, resolve);
  await Promise.race([containers.endsOver(ids), promise]);
  cancel();
}
