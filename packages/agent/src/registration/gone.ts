import type { AgentContext } from '../context.ts';

/** The start of an agent that an operator has marked gone. The message says how the machine may join again. */
export class AgentGoneError extends Error {
  override readonly name = 'AgentGoneError';
  readonly code = 'AGENT_GONE';

  constructor({ agent, paths }: AgentContext) {
    super(
      `An operator has marked agent ${agent.id} gone, and its id is in '${paths.workDirectory}'. To let this machine ` +
        `join again, as a new agent, remove '${paths.latestAgent(paths.meta)}' and start it`,
    );
  }
}

/**
 * Tells whether a master's ShutdownMessage says that the agent has been marked gone. Only its text says so. Unlike an
 * agent whose machine is down, such an agent must not register again as a new one.
 */
export function saysGone(message: string | undefined): boolean {
  return message?.includes('marked gone') ?? false;
}
