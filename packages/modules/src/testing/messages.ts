/** Messages for tests. */
import type { AgentInfo, ContainerConfig, ContainerID, ExecutorInfo, FrameworkInfo, TaskInfo } from '@meseta/protocol';

export const task: TaskInfo = {
  name: 'web',
  task_id: { value: 'web.1' },
  agent_id: { value: 'S0' },
  resources: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 1 } }],
  command: { value: 'true' },
  labels: { labels: [{ key: 'team', value: 'core' }] },
};
export const executor: ExecutorInfo = {
  executor_id: { value: 'web.1' },
  command: { value: 'true', environment: { variables: [{ name: 'OLD', value: '1' }] } },
};
export const framework: FrameworkInfo = { name: 'services', user: 'shop' };
export const agent: AgentInfo = {
  hostname: 'a1',
  resources: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 8 } }],
  attributes: [{ name: 'rack', type: 'TEXT', text: { value: 'r1' } }],
};
export const id: ContainerID = { value: 'c1' };
export const nested: ContainerID = { value: 'n1', parent: id };
export const config: ContainerConfig = {
  directory: '/sandbox',
  command_info: { value: 'true' },
  executor_info: executor,
};
