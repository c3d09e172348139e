import type { HookManager } from '@meseta/modules';
import type { AgentInfo } from '@meseta/protocol';
import { convertResources, resourcesProblem } from '@meseta/resources';
import type { Logger } from '@meseta/telemetry';

/**
 * Returns the agent's info with the resources and attributes that hooks give it. Invalid resources are ignored with a
 * warning.
 */
export async function decorateInfo(hooks: HookManager, info: AgentInfo, log: Logger): Promise<AgentInfo> {
  let decorated = info;
  if (hooks.has('slaveResourcesDecorator')) {
    const resources = [...(await hooks.slaveResourcesDecorator(decorated))];
    const problem = resourcesProblem(resources);
    if (problem === undefined) decorated = { ...decorated, resources: convertResources(resources, 'post') };
    else log.warning(`The resources of agent resources decorator hooks cannot be used: ${problem}`);
  }
  if (!hooks.has('slaveAttributesDecorator')) return decorated;
  return { ...decorated, attributes: [...(await hooks.slaveAttributesDecorator(decorated))] };
}
