import { AgentInfo, DockerTaskExecutorPrepareInfo, Environment, fromJson, Labels, TaskStatus } from '@meseta/protocol';
import type { Hook, HookPoint } from '../hook.ts';
import { hookPoints } from '../hook-manager.ts';
import type { ModuleHost } from './module-host.ts';

/** Checks and converts the answers of hooks. A hook point without an entry ignores the answer. */
const answers: { readonly [Point in HookPoint]?: (value: unknown, args: readonly unknown[]) => unknown } = {
  masterLaunchTaskResourceDecorator: resources => partOfAgent({ resources }).resources ?? [],
  masterLaunchTaskLabelDecorator: value => fromJson(Labels, value),
  slaveResourcesDecorator: resources => partOfAgent({ resources }).resources ?? [],
  slaveAttributesDecorator: attributes => partOfAgent({ attributes }).attributes ?? [],
  slaveRunTaskLabelDecorator: value => fromJson(Labels, value),
  slaveExecutorEnvironmentDecorator: value => fromJson(Environment, value),
  slavePreLaunchDockerTaskExecutorDecorator: value => fromJson(DockerTaskExecutorPrepareInfo, value),
  slaveTaskStatusDecorator(value, [, status]) {
    const { labels, container_status } = fromJson(TaskStatus, { ...(status as TaskStatus), ...(value as object) });
    return { ...(labels && { labels }), ...(container_status && { container_status }) };
  },
};

const partOfAgent = (part: object) => fromJson(AgentInfo, { hostname: '', ...part });

/** Makes a hook whose methods run in a module's thread. */
export function userHook(host: ModuleHost): Hook {
  const points = hookPoints.filter(point => host.has(point));
  const methods = points.map(point => {
    const method = async (...args: unknown[]) => {
      const value = await host.call(point, args);
      return value === undefined || value === null ? undefined : answers[point]?.(value, args);
    };
    return [point, method] as const;
  });
  return Object.fromEntries(methods) as Hook;
}
