/** The end of an agent, as far as what it runs is concerned. */
import { UnregisterSlaveMessage } from '@meseta/protocol';
import type { AgentContext } from './context.ts';
import { shutdownFramework } from './shutdown-framework.ts';

/** How long after their grace period executors may take to be gone. */
const extraMs = 1000;
const lookMs = 20;

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
  await disk.perform([{ type: 'remove', path: paths.latestAgent(paths.meta) }]);
}

/** Ends what does not survive the agent: executors of frameworks that do not checkpoint, and checks of tasks. */
export async function endUncheckpointed({ agent, launcher }: AgentContext): Promise<void> {
  await Promise.all([...agent.executors()].map(({ connection }) => connection?.leave?.()));
  const containers = [...agent.executors()].filter(({ checkpoint }) => !checkpoint);
  await Promise.all(containers.map(({ containerId }) => launcher.remove(containerId)));
}
