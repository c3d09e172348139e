/** Makes the classic views of executors. */
import { commandView, labelsView, roleOf } from '@meseta/daemon';
import type { ExecutorInfo, WireId } from '@meseta/protocol';
import { Resources, resourcesView } from '@meseta/resources';

/**
 * Makes the view of an executor and of the agent it runs on in `/state`.
 *
 * @see Mesos src/common/http.cpp, json(ExecutorInfo)
 */
export function executorView(executor: ExecutorInfo, agentId: WireId<'agent'>): object {
  const { command, resources } = executor;
  return {
    executor_id: executor.executor_id.value,
    name: executor.name ?? '',
    framework_id: executor.framework_id?.value ?? '',
    command: commandView(command ?? {}),
    resources: resourcesView(Resources.of(resources)),
    role: resources?.length ? roleOf(resources) : undefined,
    labels: labelsView(executor.labels),
    type: executor.type,
    slave_id: agentId,
  };
}
