import { commandProblem, sharesCgroups } from '@meseta/daemon';
import type { ExecutorInfo, Task, TaskInfo, WireId } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import type { Agent } from '../../state/agent.ts';
import type { Framework } from '../../state/framework.ts';
import { printDouble, printMegabytes } from '../../validation/print.ts';
import { firstProblem, type Problem, prefixed, type Rule } from '../../validation/rule.ts';
import { executorProblem, minimumCpus, minimumMegabytes, sameExecutor } from './executors.ts';
import { overlap, persistenceIdsProblem, revocabilityProblem } from './resources.ts';
import { type TaskSubject, taskRules } from './tasks.ts';

/** A task group on its way to an agent. Each of its tasks has the executor filled in. */
export interface GroupSubject {
  readonly tasks: readonly TaskInfo[];
  readonly executor: ExecutorInfo;
  readonly framework: Framework;
  readonly agent: Agent;
  readonly available: Resources;
}

const hasExecutorProblem: Rule<TaskSubject> = ({ task }) =>
  task.executor === undefined ? "'TaskInfo.executor' must be set" : undefined;

const networkedCheckProblem: Rule<TaskSubject> = ({ task: { container, health_check } }) => {
  if (!container?.network_infos?.length) return undefined;
  return health_check?.type === 'HTTP' || health_check?.type === 'TCP'
    ? "HTTP and TCP health checks are not supported for nested containers not joining parent's network"
    : undefined;
};

const dockerTaskProblem: Rule<TaskSubject> = ({ task }) =>
  task.container?.type === 'DOCKER' ? 'Docker ContainerInfo is not supported on the task' : undefined;

const nestedLimitsProblem: Rule<TaskSubject> = ({ task }) =>
  Object.keys(task.limits ?? {}).length > 0 && sharesCgroups(task.container) !== false
    ? "Resource limits may only be set for tasks within a task group when the 'share_cgroups' field is set to 'false'."
    : undefined;

const groupTaskRules: readonly Rule<TaskSubject>[] = [
  ...taskRules,
  hasExecutorProblem,
  networkedCheckProblem,
  dockerTaskProblem,
  nestedLimitsProblem,
];

const tasksProblem: Rule<GroupSubject> = ({ tasks, ...rest }) => {
  const ids = new Set<WireId<'task'>>();
  for (const task of tasks) {
    const id = task.task_id.value;
    const duplicate = ids.has(id) ? `Task has duplicate ID: ${id}` : undefined;
    const problem = duplicate ?? firstProblem(groupTaskRules, { task, ...rest });
    if (problem !== undefined) return `Task '${id}' is invalid: ${problem}`;
    ids.add(id);
  }
  return undefined;
};

const groupExecutorProblem: Rule<GroupSubject> = ({ tasks, executor, framework, agent }) => {
  const problem = executorProblem({ executor, framework, agent });
  if (problem !== undefined) return problem;
  if (executor.type === undefined) return "'ExecutorInfo.type' must be set";
  if (executor.type === 'UNKNOWN') return 'Unknown executor type';
  if (executor.container?.type === 'DOCKER') return 'Docker ContainerInfo is not supported on the executor';
  const other = tasks.find(task => task.executor && !sameExecutor(task.executor, executor));
  return (
    other &&
    `The \`ExecutorInfo\` of task '${other.task_id.value}' is different from executor '${executor.executor_id.value}'`
  );
};

const minimumProblem: Rule<GroupSubject> = ({ executor }) => {
  const resources = Resources.of(executor.resources);
  const name = `Executor '${executor.executor_id.value}'`;
  const cpus = resources.scalar('cpus');
  if (cpus < minimumCpus) {
    return `${name} uses less CPUs (${cpus === 0 ? 'None' : printDouble(cpus)}) than the minimum required (${minimumCpus})`;
  }
  const mem = resources.scalar('mem');
  if (mem < minimumMegabytes) {
    const printed = mem === 0 ? 'None' : printMegabytes(mem);
    return `${name} uses less memory (${printed}) than the minimum required (${printMegabytes(minimumMegabytes)})`;
  }
  return resources.scalar('disk') === 0 ? `${name} uses no disk` : undefined;
};

const groupResourcesProblem: Rule<GroupSubject> = ({ tasks, executor }) => {
  const parts = [...tasks.map(task => Resources.of(task.resources)), Resources.of(executor.resources)];
  const total = Resources.sum(parts);
  const problem =
    prefixed('Task group and executor use duplicate persistence ID: ', persistenceIdsProblem(total)) ??
    prefixed('Task group and executor mix revocable and non-revocable resources: ', revocabilityProblem(total));
  if (problem !== undefined || !overlap(parts)) return problem;
  const ofTasks = parts.slice(0, -1).join(', ');
  return (
    `There are overlapping resources in the task group's task resources [ ${ofTasks} ]` +
    ` and/or executor resources ${parts.at(-1)}`
  );
};

const groupSufficiencyProblem: Rule<GroupSubject> = subject => {
  const total = groupClaim(subject);
  if (subject.available.contains(total)) return undefined;
  return `Total resources ${total} required by task group and its executor are more than available ${subject.available}`;
};

const groupCommandProblem: Rule<GroupSubject> = ({ executor: { command, executor_id } }) =>
  command && prefixed(`Executor '${executor_id.value}'contains an invalid command: `, commandProblem(command));

const groupShareCgroupsProblem: Rule<GroupSubject> = ({ tasks, executor, framework, agent }) => {
  if (sharesCgroups(executor.container)) {
    return "The 'share_cgroups' field cannot be set to 'true' on executor containers";
  }
  const siblings = (candidates: Iterable<Task>): Task[] =>
    [...candidates].filter(
      task => task.agent_id.value === agent.id && task.executor_id?.value === executor.executor_id.value,
    );
  const running = agent.executor(framework.id, executor.executor_id.value)
    ? [...siblings(agent.tasks.get(framework.id)?.values() ?? []), ...siblings(framework.unreachableTasks)]
    : [];
  const shares = new Set([...tasks, ...running].map(({ container }) => sharesCgroups(container) ?? true));
  if (shares.size <= 1) return undefined;
  return "If set, the value of 'share_cgroups' must be the same for all tasks in each task group and under a single executor";
};

const groupRules: readonly Rule<GroupSubject>[] = [
  tasksProblem,
  groupExecutorProblem,
  minimumProblem,
  groupResourcesProblem,
  groupSufficiencyProblem,
  groupCommandProblem,
  groupShareCgroupsProblem,
];

/**
 * Returns what is wrong with the group of a LAUNCH_GROUP, which is launched as a whole or not at all.
 *
 * @see Mesos src/master/validation.cpp, task::group::validate
 */
export function groupProblem(subject: GroupSubject): Problem {
  return firstProblem(groupRules, subject);
}

/** Returns what a group takes: its tasks' resources, and those of its executor when that is not running yet. */
export function groupClaim({ tasks, executor, framework, agent }: Omit<GroupSubject, 'available'>): Resources {
  const parts = tasks.map(task => Resources.of(task.resources));
  if (!agent.executor(framework.id, executor.executor_id.value)) parts.push(Resources.of(executor.resources));
  return Resources.sum(parts);
}
