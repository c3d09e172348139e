/** How long offers are held after a change of master. */
export interface RecoveryPause {
  /** The number of agents that end the pause. */
  readonly expectedAgents: number;
  /** When it ends in any case, milliseconds of the master's clock. */
  readonly untilMs: number;
}

/**
 * Returns the pause after a change of master. Right after it few agents are registered, and what is free on these might be
 * given to roles that have used their quota up on others. To be asked only when there are quotas.
 *
 * @param knownAgents the number of agents in the registry.
 * @param factor `--allocator_agent_recovery_factor`: the share of them that has to be back.
 * @param timeoutMs `--allocator_recovery_timeout`.
 * @returns undefined when no agent is to be waited for.
 * @see Mesos src/master/allocator/mesos/hierarchical.cpp, recover
 */
export function recoveryPause(
  knownAgents: number,
  factor: number,
  timeoutMs: number,
  nowMs: number,
): RecoveryPause | undefined {
  const expectedAgents = Math.trunc(knownAgents * factor);
  return expectedAgents > 0 && timeoutMs > 0 ? { expectedAgents, untilMs: nowMs + timeoutMs } : undefined;
}
