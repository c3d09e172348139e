/** Checks what agents send before the master uses it. */
import {
  type AgentInfo,
  type ExecutorInfo,
  idProblem,
  type RegisterSlaveMessage,
  type ReregisterSlaveMessage,
  type Task,
  type WireId,
} from '@meseta/protocol';
import { resourcesProblem } from '@meseta/resources';

/** Returns why a registration is invalid; undefined when it is valid. */
export function registrationProblem({ agent, checkpointed_resources }: RegisterSlaveMessage): string | undefined {
  return agentProblem(agent) ?? resourcesProblem(checkpointed_resources ?? []);
}

/**
 * Returns what is wrong with a re-registration, including its frameworks, executors and tasks.
 *
 * @see Mesos src/master/validation.cpp, master::message::reregisterSlave
 */
export function reregistrationProblem(message: ReregisterSlaveMessage): string | undefined {
  const { agent, tasks = [], executor_infos = [], frameworks = [], checkpointed_resources } = message;
  if (!agent.id) return 'Agent has no id';
  const problem = idProblem(agent.id.value) ?? agentProblem(agent) ?? resourcesProblem(checkpointed_resources ?? []);
  if (problem) return problem;
  const known = new Set<WireId<'framework'>>();
  for (const { id } of frameworks) {
    if (!id) return 'Framework has no id';
    const wrong = idProblem(id.value);
    if (wrong) return wrong;
    if (known.has(id.value)) return `Framework has a duplicate FrameworkID: '${id.value}'`;
    known.add(id.value);
  }
  return executorsProblem(executor_infos, known) ?? tasksProblem(tasks, agent.id.value, known);
}

function agentProblem({ hostname, resources, port, attributes }: AgentInfo): string | undefined {
  if (hostname === '') return 'Agent has no hostname';
  if (port !== undefined && (port < 0 || port > 65_535)) return `Agent has an invalid port: ${port}`;
  const odd = attributes?.find(({ scalar }) => scalar && !Number.isFinite(scalar.value));
  if (odd) return `Attribute '${odd.name}' is not a finite number`;
  return resourcesProblem(resources ?? []);
}

function executorsProblem(
  executors: readonly ExecutorInfo[],
  frameworks: ReadonlySet<WireId<'framework'>>,
): string | undefined {
  const seen = new Set<string>();
  for (const { framework_id, executor_id, resources } of executors) {
    const problem = idProblem(executor_id.value) ?? resourcesProblem(resources ?? []);
    if (problem) return `Executor '${executor_id.value}': ${problem}`;
    if (!framework_id || !frameworks.has(framework_id.value))
      return `Executor '${executor_id.value}' has an unknown framework`;
    const key = `${framework_id.value}/${executor_id.value}`;
    if (seen.has(key)) return `Framework '${framework_id.value}' has a duplicate ExecutorID: '${executor_id.value}'`;
    seen.add(key);
  }
  return undefined;
}

function tasksProblem(
  tasks: readonly Task[],
  agentId: WireId<'agent'>,
  frameworks: ReadonlySet<WireId<'framework'>>,
): string | undefined {
  // Not one set of joined names: there are tens of thousands of tasks, and each name would have to be made.
  const seen = new Map([...frameworks].map(id => [id, new Set<WireId<'task'>>()]));
  for (const { task_id, framework_id, agent_id, resources } of tasks) {
    const problem = idProblem(task_id.value) ?? resourcesProblem(resources ?? []);
    if (problem) return `Task '${task_id.value}': ${problem}`;
    const siblings = seen.get(framework_id.value);
    if (!siblings) return `Task '${task_id.value}' has an unknown framework`;
    if (agent_id.value !== agentId) return `Task '${task_id.value}' has the invalid AgentID '${agent_id.value}'`;
    if (siblings.has(task_id.value))
      return `Framework '${framework_id.value}' has a duplicate TaskID: '${task_id.value}'`;
    siblings.add(task_id.value);
  }
  return undefined;
}

/** Agents older than this are ignored. */
const OLDEST = 1;

/** Tells whether the master supports an agent's version; only the major number decides. */
export function isSupportedVersion(version: string | undefined): boolean {
  const major = Number.parseInt(version ?? '', 10);
  return major >= OLDEST;
}
