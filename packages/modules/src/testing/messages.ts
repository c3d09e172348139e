/** Messages for tests. */
import type { AgentInfo, ContainerConfig, ContainerID, ExecutorInfo, FrameworkInfo, TaskInfo } from '@meseta/protocol';

/** A task. */
export const task: TaskInfo = {
  name: 'web',
  task_id: { value: 'web.1' },
  agent_id: { value: 'S0' },
  resources: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 1 } }],
  command: { value: 'true' },
  labels: { labels: [{ key: 'team', value: 'core' }] },
};
/** A custom executor. */
export const executor: ExecutorInfo = {
  executor_id: { value: 'web.1' },
  command: { value: 'true', environment: { variables: [{ name: 'OLD', value: '1' }] } },
};
/** A framework. */
export const framework: FrameworkInfo = { name: 'services', user: 'shop' };
/** An agent. */
export const agent: AgentInfo = {
  hostname: 'a1',
  resources: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 8 } }],
  attributes: [{ name: 'rack', type: 'TEXT', text: { value: 'r1' } }],
};
/** The id of a container. */
export const id: ContainerID = { value: 'c1' };
/** The id of a nested container. */
export const nested: ContainerID = { value: 'n1', parent: id };
/** The configuration of a container. */
export const config: ContainerConfig = {
  directory: '/sandbox',
  command_info: { value: 'true' },
  executor_info: executor,
};
