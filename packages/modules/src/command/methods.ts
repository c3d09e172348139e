import type { Isolator } from '@meseta/containers/isolators';
import type { HookPoint } from '../hook.ts';

/** A method of an isolator that a command can be configured for. */
export type IsolatorMethod = Exclude<keyof Isolator, 'name' | 'supportsNesting' | 'supportsStandalone' | 'close'>;
/** The name of a hook point or of an isolator's method. */
export type MethodName = HookPoint | IsolatorMethod;

/** A method that a command can be configured for. */
export interface Method {
  readonly name: MethodName;
  /** Its parameters are `<key>_command`, `<key>_timeout` and, of `watch`, `<key>_frequence`. */
  readonly key: string;
  readonly kind: 'hook' | 'isolator';
  /** The method is called periodically. Its calls have a separate limit, so that they do not delay launches. */
  readonly poll?: true;
  /** The command's answer is ignored. */
  readonly silent?: true;
}

/** Every method. The keys are those of mesos-command-modules; methods that it does not have follow its pattern. */
export const methods: readonly Method[] = [
  { kind: 'hook', name: 'masterLaunchTaskResourceDecorator', key: 'hook_master_launch_task_resource_decorator' },
  { kind: 'hook', name: 'masterLaunchTaskLabelDecorator', key: 'hook_master_launch_task_label_decorator' },
  { kind: 'hook', name: 'masterSlaveLostHook', key: 'hook_master_slave_lost_hook', silent: true },
  { kind: 'hook', name: 'slaveResourcesDecorator', key: 'hook_slave_resources_decorator' },
  { kind: 'hook', name: 'slaveAttributesDecorator', key: 'hook_slave_attributes_decorator' },
  { kind: 'hook', name: 'slaveRunTaskLabelDecorator', key: 'hook_slave_run_task_label_decorator' },
  { kind: 'hook', name: 'slaveExecutorEnvironmentDecorator', key: 'hook_slave_executor_environment_decorator' },
  {
    kind: 'hook',
    name: 'slavePreLaunchDockerTaskExecutorDecorator',
    key: 'hook_slave_pre_launch_docker_task_executor_decorator',
  },
  { kind: 'hook', name: 'slavePostFetchHook', key: 'hook_slave_post_fetch_hook', silent: true },
  { kind: 'hook', name: 'slaveTaskStatusDecorator', key: 'hook_slave_task_status_decorator' },
  { kind: 'hook', name: 'slaveRemoveExecutorHook', key: 'hook_slave_remove_executor_hook', silent: true },
  { kind: 'isolator', name: 'recover', key: 'isolator_recover', silent: true },
  { kind: 'isolator', name: 'prepare', key: 'isolator_prepare' },
  { kind: 'isolator', name: 'isolate', key: 'isolator_isolate', silent: true },
  { kind: 'isolator', name: 'watch', key: 'isolator_watch', poll: true },
  { kind: 'isolator', name: 'update', key: 'isolator_update', silent: true },
  { kind: 'isolator', name: 'usage', key: 'isolator_usage', poll: true },
  { kind: 'isolator', name: 'status', key: 'isolator_status', poll: true },
  { kind: 'isolator', name: 'cleanup', key: 'isolator_cleanup', silent: true },
];

/** The methods by name. */
export const methodsByName: ReadonlyMap<MethodName, Method> = new Map(methods.map(method => [method.name, method]));
