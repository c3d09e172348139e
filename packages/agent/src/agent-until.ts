import type { AgentContext } from './context.ts';

/**
 * Waits until the agent has come to a state. Executors and frameworks that come or end are what it waits for.
 *
 * @param ms how long at most, in milliseconds.
 * @param reached whether the agent is in that state; has no effects.
 * @returns whether it is.
 */
export function agentUntil(
  { agent, clock }: Pick<AgentContext, 'agent' | 'clock'>,
  ms: number,
  reached: () => boolean,
): Promise<boolean> {
  if (reached()) return Promise.resolve(true);
  return new Promise(resolve => {
    const end = () => {
      cancel();
      stop();
      resolve(reached());
    };
    const look = () => {
      if (reached()) end();
    };
    const cancel = clock.after(ms, end);
    const stop = agent.observe({ executorConnected: look, executorTerminated: look, frameworkRemoved: look });
  });
}
