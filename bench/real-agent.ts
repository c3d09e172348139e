import type { TaskState } from '@meseta/protocol';
import { BenchFramework, commandTask, shellTask, taskCpus } from './framework.ts';
import type { AgentProcess } from './processes/agent.ts';
import type { Cleanups } from './processes/child.ts';

/** A task that runs on a real agent. */
export interface RunningTask {
  readonly agentId: string;
  readonly frameworkId: string;
  readonly taskId: string;
}

/** Where an agent is. */
export interface RealAgent {
  readonly address: string;
  readonly workDirectory: string;
}

const lines = new URL('processes/lines.ts', import.meta.url).pathname;

/** A task that writes so many lines a second. */
export const writing = (name: string, perSecond: number) =>
  commandTask(name, process.execPath, '--disable-warning=ExperimentalWarning', lines, String(perSecond));

/** A task that sleeps. */
export const idle = (name: string) => shellTask(name, 'sleep 100000');

/** Starts an agent that really runs tasks. It has room for so many and no more, so that no other framework launches on it. */
export async function startRealAgent(cleanups: Cleanups, master: string, tasks: number): Promise<RealAgent> {
  const directory = cleanups.directory();
  const agent = cleanups.child<AgentProcess>('agent.ts', [
    ...[`--master=${master}`, `--work_dir=${directory}/work`, `--runtime_dir=${directory}/run`],
    ...[`--resources=cpus:${tasks * taskCpus};mem:${tasks};disk:1`, '--registration_backoff_factor=10ms'],
    ...(process.getuid?.() === 0 ? [] : ['--no-switch_user']),
  ]);
  await agent.ask('registered');
  return { address: `127.0.0.1:${await agent.ask('port')}`, workDirectory: `${directory}/work` };
}

/**
 * Runs tasks by a framework of their own, which wants no offers from then on: the first that it gets must be of an agent that runs them.
 *
 * @returns them when all run.
 */
export async function runOnFirstOffer(
  cleanups: Cleanups,
  master: string,
  tasks: readonly ReturnType<typeof commandTask>[],
): Promise<readonly RunningTask[]> {
  const framework = await BenchFramework.subscribe(master);
  cleanups.add(() => framework.close());
  const offers = await framework.offered(tasks.length * taskCpus);
  const agentId = offers[0]?.agent_id.value ?? '';
  framework.call({ type: 'SUPPRESS', suppress: {} });
  const running = allReach(framework, tasks, 'TASK_RUNNING');
  framework.launch(offers, tasks);
  await running;
  cleanups.add(async () => {
    const killed = allReach(framework, tasks, 'TASK_KILLED');
    for (const { task_id } of tasks) framework.call({ type: 'KILL', kill: { task_id, agent_id: { value: agentId } } });
    await killed; // an agent that ends leaves its tasks running
  });
  return tasks.map(({ name }) => ({ agentId, frameworkId: framework.id, taskId: name }));
}

/** Resolves when all tasks are in a state. */
function allReach(framework: BenchFramework, tasks: readonly { readonly name: string }[], wanted: TaskState) {
  const left = new Set(tasks.map(({ name }) => name));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  framework.onStatus = ({ task_id, state, message }) => {
    if (state === wanted) left.delete(task_id.value);
    else if (!passing.has(state)) reject(new Error(`${task_id.value} is ${state}: ${message}`));
    if (left.size === 0) resolve();
  };
  return promise;
}

/** States that a task is in for a moment. */
const passing: ReadonlySet<TaskState> = new Set<TaskState>(['TASK_STARTING', 'TASK_KILLING', 'TASK_RUNNING']);

/** Returns the path of a file in a task's sandbox, as its agent has it for readers. */
export const inSandbox = ({ frameworkId, taskId }: RunningTask, file: string) =>
  `/frameworks/${frameworkId}/executors/${taskId}/runs/latest/${file}`;

/** Returns the address of a file of a task, at the master or at the agent itself. */
export const fileUrl = (
  at: { readonly master: string } | { readonly agent: string },
  task: RunningTask,
  file: string,
) => {
  const origin = 'master' in at ? `http://${at.master}/agents/${task.agentId}` : `http://${at.agent}`;
  return `${origin}/files/download?${new URLSearchParams({ path: inSandbox(task, file) })}`;
};

/** Returns the address of a terminal of a task that runs a line of shell, at the master. */
export function terminalUrl(master: string, { agentId, frameworkId, taskId }: RunningTask, line: string): string {
  const query = new URLSearchParams({ framework_id: frameworkId, task_id: taskId });
  for (const word of ['sh', '-c', line]) query.append('command', word);
  return `ws://${master}/agents/${agentId}/exec?${query}`;
}
