/** Executors in the classic views. */
import type { CommandInfo, ExecutorInfo } from '@meseta/protocol';
import { Resources, resourcesView } from '@meseta/resources';
import { labelsView } from './values.ts';

/**
 * An executor and the agent it runs on, as `/state` shows them.
 *
 * @see Mesos src/common/http.cpp, json(ExecutorInfo)
 */
export function executorView(executor: ExecutorInfo, agentId: string): object {
  const { command, resources } = executor;
  return {
    executor_id: executor.executor_id.value,
    name: executor.name ?? '',
    framework_id: executor.framework_id?.value ?? '',
    command: commandView(command ?? {}),
    resources: resourcesView(Resources.of(resources)),
    role: resources?.[0] && (resources[0].allocation_info?.role ?? '*'),
    labels: labelsView(executor.labels),
    type: executor.type,
    slave_id: agentId,
  };
}

/** Secret variables are named, their values are nobody's business here. */
function commandView({ shell, value, arguments: argv = [], environment, uris = [] }: CommandInfo): object {
  return {
    shell,
    value,
    argv,
    environment: environment && {
      variables: environment.variables?.map(variable =>
        variable.secret === undefined ? variable : { name: variable.name, type: variable.type },
      ),
    },
    uris: uris.map(uri => ({ value: uri.value, executable: uri.executable ?? false })),
  };
}
