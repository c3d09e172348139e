/** Ways on which the agent itself is told something: to drain, or with other flags. */
import type { FaultScene, Way } from './scene.ts';

/** Makes a call of the master's operator API. */
async function operator({ cluster }: FaultScene, call: object): Promise<unknown> {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
  const answer = await fetch(`${cluster.master.origin}/api/v1`, {
    method: 'POST',
    headers,
    body: JSON.stringify(call),
  });
  const text = await answer.text();
  return text === '' ? undefined : JSON.parse(text);
}

async function agentId({ cluster }: FaultScene): Promise<{ value: string }> {
  const [{ id = '' } = {}] = await cluster.slaves();
  return { value: id };
}

const max_grace_period = { seconds: 0, nanos: 100_000_000 };

/** On any machine, as any user. */
export const agentWays: readonly Way[] = [
  {
    name: 'drained',
    launch: async (scene, id) => {
      await scene.framework.run(scene.task(id, "trap '' TERM; while :; do sleep 0.05; done"));
      const agent_id = await agentId(scene);
      await operator(scene, { type: 'DRAIN_AGENT', drain_agent: { agent_id, max_grace_period } });
    },
    end: async scene => {
      // Refused until it is drained.
      await operator(scene, { type: 'REACTIVATE_AGENT', reactivate_agent: { agent_id: await agentId(scene) } });
    },
  },
  {
    name: 'reconfigured',
    // More each time: what there was may not become less.
    startFlags: starts => ({
      reconfiguration_policy: 'additive',
      resources: `cpus:4;mem:${4096 + starts};disk:4096;ports:[31000-31099]`,
    }),
    launch: (scene, id) => scene.framework.run(scene.task(id, 'sleep 0.3')),
  },
];
