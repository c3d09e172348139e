import { commandProblem, containerProblem, sharesCgroups } from '@meseta/daemon';
import { idProblem, type TaskInfo } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import type { Agent } from '../../state/agent.ts';
import type { Framework } from '../../state/framework.ts';
import { firstProblem, type Problem, prefixed, type Rule } from '../../validation/rule.ts';
import { checkProblem, healthCheckProblem } from './checks.ts';
import { executorProblem } from './executors.ts';
import {
  claimedResourcesProblem,
  claimProblem,
  overlap,
  persistenceIdsProblem,
  revocabilityProblem,
} from './resources.ts';

/** A task on its way to an agent. */
export interface TaskSubject {
  readonly task: TaskInfo;
  readonly framework: Framework;
  readonly agent: Agent;
  /** What is left of the offers. */
  readonly available: Resources;
}

const taskIdProblem: Rule<TaskSubject> = ({ task }) => idProblem(task.task_id.value);

const uniqueIdProblem: Rule<TaskSubject> = ({ task, framework }) => {
  const id = task.task_id.value;
  if (framework.tasks.has(id)) return `Task has duplicate ID: ${id}`;
  return framework.unreachableTasks.has(id) ? `Task reuses the ID of an unreachable task: ${id}` : undefined;
};

const agentIdProblem: Rule<TaskSubject> = ({ task, agent }) =>
  task.agent_id.value === agent.id
    ? undefined
    : `Task uses invalid agent ${task.agent_id.value} while agent ${agent.id} is expected`;

const killPolicyProblem: Rule<TaskSubject> = ({ task }) =>
  (task.kill_policy?.grace_period?.nanoseconds ?? 0) < 0
    ? "Task's 'kill_policy.grace_period' must be non-negative"
    : undefined;

const completionTimeProblem: Rule<TaskSubject> = ({ task }) =>
  (task.max_completion_time?.nanoseconds ?? 0) < 0 ? "Task's `max_completion_time` must be non-negative" : undefined;

const taskCheckProblem: Rule<TaskSubject> = ({ task: { check } }) =>
  check && prefixed('Task uses invalid check: ', checkProblem(check));

const taskHealthCheckProblem: Rule<TaskSubject> = ({ task: { health_check } }) =>
  health_check && prefixed('Task uses invalid health check: ', healthCheckProblem(health_check));

const taskResourcesProblem: Rule<TaskSubject> = ({ task: { resources = [] } }) => {
  if (resources.length === 0) return 'Task uses no resources';
  return claimProblem(resources, {
    invalid: 'Task uses invalid resources: ',
    duplicate: 'Task uses duplicate persistence ID: ',
    roles: 'Invalid task resources: ',
    mixed: 'Task mixes revocable and non-revocable resources: ',
  });
};

const taskCommandProblem: Rule<TaskSubject> = ({ task: { command } }) =>
  command && prefixed("Task's `CommandInfo` is invalid: ", commandProblem(command));

const taskContainerProblem: Rule<TaskSubject> = ({ task: { container } }) =>
  container && prefixed("Task's `ContainerInfo` is invalid: ", containerProblem(container));

/** Negated comparisons, so that NaN is refused too. Infinity is a limit: none. */
const limitsProblem: Rule<TaskSubject> = ({ task: { limits = {}, resources }, agent }) => {
  const names = Object.keys(limits);
  if (names.length === 0) return undefined;
  if (!agent.has('TASK_RESOURCE_LIMITS')) return 'Agent is not capable of handling task resource limits';
  if (names.some(name => name !== 'cpus' && name !== 'mem')) {
    return "Only cpus and mem may be included in a task's resource limits";
  }
  const requested = Resources.of(resources);
  if (limits.cpus !== undefined) {
    const cpus = requested.scalar('cpus');
    if (cpus === 0) return 'When a CPU limit is specified, a CPU request must also be specified';
    if (!(limits.cpus.value >= cpus)) return 'The cpu limit must be greater than or equal to the cpu request';
  }
  if (limits.mem !== undefined) {
    const mem = requested.scalar('mem');
    if (mem === 0) return 'When a memory limit is specified, a memory request must also be specified';
    if (!(limits.mem.value >= mem)) return 'The memory limit must be greater than or equal to the memory request';
  }
  return undefined;
};

/** Rules for a task by itself, in a group or not. The order is part of what frameworks see. */
export const taskRules: readonly Rule<TaskSubject>[] = [
  taskIdProblem,
  uniqueIdProblem,
  agentIdProblem,
  killPolicyProblem,
  completionTimeProblem,
  taskCheckProblem,
  taskHealthCheckProblem,
  taskResourcesProblem,
  taskCommandProblem,
  taskContainerProblem,
  limitsProblem,
];

const oneOfCommandAndExecutorProblem: Rule<TaskSubject> = ({ task }) =>
  (task.command === undefined) === (task.executor === undefined)
    ? 'Task should have at least one (but not both) of CommandInfo or ExecutorInfo present'
    : undefined;

const taskExecutorProblem: Rule<TaskSubject> = ({ task: { executor }, framework, agent }) => {
  if (executor === undefined) return undefined;
  const problem = executorProblem({ executor, framework, agent });
  if (problem !== undefined) return problem;
  if (executor.type !== undefined && executor.type !== 'CUSTOM') return "'ExecutorInfo.type' must be 'CUSTOM'";
  if (executor.command === undefined) return "'ExecutorInfo.command' must be set";
  const resources = Resources.of(executor.resources);
  if (!resources.shared().isEmpty) {
    return `Executor resources ${resources} should not contain any shared resources`;
  }
  return sharesCgroups(executor.container)
    ? "The 'share_cgroups' field cannot be set to 'true' on executor containers"
    : undefined;
};

/** A task and its executor together claim nothing twice. */
const combinedResourcesProblem: Rule<TaskSubject> = ({ task }) => {
  if (task.executor === undefined) return undefined; // the task's own rules said it all
  const [own, ofExecutor] = [Resources.of(task.resources), Resources.of(task.executor.resources)];
  const total = own.add(ofExecutor);
  const invalid = prefixed('Task and its executor use invalid resources: ', claimedResourcesProblem(total.toArray()));
  if (invalid !== undefined) return invalid;
  if (overlap([own, ofExecutor])) {
    return `There are overlapping resources in the task resources ${own} and executor resources ${ofExecutor}`;
  }
  return (
    prefixed('Task and its executor use duplicate persistence ID: ', persistenceIdsProblem(total)) ??
    prefixed('Task and its executor mix revocable and non-revocable resources: ', revocabilityProblem(total))
  );
};

const sufficiencyProblem: Rule<TaskSubject> = subject => {
  const total = claimOf(subject);
  if (subject.available.contains(total)) return undefined;
  return `Total resources ${total} required by task and its executor is more than available ${subject.available}`;
};

const shareCgroupsProblem: Rule<TaskSubject> = ({ task }) =>
  sharesCgroups(task.container) === false
    ? "Only tasks in a task group may have 'share_cgroups' set to 'false'"
    : undefined;

const launchRules: readonly Rule<TaskSubject>[] = [
  ...taskRules,
  oneOfCommandAndExecutorProblem,
  taskExecutorProblem,
  combinedResourcesProblem,
  sufficiencyProblem,
  shareCgroupsProblem,
];

/**
 * Returns what is wrong with a task of a LAUNCH.
 *
 * @see Mesos src/master/validation.cpp, task::validate
 */
export function taskProblem(subject: TaskSubject): Problem {
  return firstProblem(launchRules, subject);
}

/** Returns what a task takes: its resources, and those of its executor when that is not running yet. */
export function claimOf({ task, framework, agent }: Pick<TaskSubject, 'task' | 'framework' | 'agent'>): Resources {
  const own = Resources.of(task.resources);
  const { executor } = task;
  if (executor === undefined || agent.executor(framework.id, executor.executor_id.value)) return own;
  return own.add(Resources.of(executor.resources));
}
