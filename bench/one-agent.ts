import { existsSync } from 'node:fs';
import type { FrameworkInfo, TaskInfo } from '@meseta/protocol';
import { BenchFramework, commandTask, taskCpus } from './framework.ts';
import type { AgentProcess } from './processes/agent.ts';
import type { Child, Cleanups } from './processes/child.ts';
import type { MasterProcess } from './processes/master.ts';

/** Memory, as is below /var/run, where agents have their runtime directory. */
const volatile = existsSync('/dev/shm') ? '/dev/shm' : undefined;

/** A master and an agent that really runs tasks, each a process, and a framework in this one. */
export interface OneAgent {
  readonly master: Child<MasterProcess>;
  readonly agent: Child<AgentProcess>;
  /** Starts the agent again with the same directories; the one before must have ended. */
  startAgain(): Child<AgentProcess>;
  readonly framework: BenchFramework;
  /** The agent's work directory and runtime directory. */
  readonly directories: readonly string[];
  /**
   * Runs tasks to their ends; each must be TASK_FINISHED.
   *
   * @param task a program, or what makes a task of a name.
   * @param outstanding how many there are at most that have not ended; default all at once.
   * @param asPods each in a pod of its own.
   * @returns how long it took.
   */
  finish(count: number, task: string | NamedTask, outstanding?: number, asPods?: boolean): Promise<{ ms: number }>;
}

export type NamedTask = (name: string) => Omit<TaskInfo, 'agent_id'>;

export interface OneAgentOptions {
  /** How many tasks that ended each daemon remembers; default is what the daemons do by themselves. */
  readonly history?: number;
  readonly info?: Partial<FrameworkInfo>;
  /** More flags of the agent. */
  readonly flags?: readonly string[];
}

export async function startOneAgent(cleanups: Cleanups, options: OneAgentOptions = {}): Promise<OneAgent> {
  const { history, info, flags = [] } = options;
  const directory = cleanups.directory();
  const master = cleanups.child<MasterProcess>('master.ts', [
    '--port=0',
    `--work_dir=${directory}/master`,
    '--allocation_interval=50ms',
    ...(history === undefined ? [] : [`--max_completed_tasks_per_framework=${history}`]),
  ]);
  const address = await master.ask('address');
  const runtime = cleanups.directory(volatile);
  const argv = [
    `--master=${address}`,
    `--work_dir=${directory}/work`,
    `--runtime_dir=${runtime}/run`,
    '--resources=cpus:100;mem:100000;disk:100000',
    '--registration_backoff_factor=10ms',
    ...(history === undefined ? [] : [`--max_completed_executors_per_framework=${history}`]),
    ...(process.getuid?.() === 0 ? [] : ['--no-switch_user']),
    ...flags,
  ];
  const startAgain = () => cleanups.child<AgentProcess>('agent.ts', argv);
  const agent = startAgain();
  await agent.ask('registered');
  const framework = await BenchFramework.subscribe(address, info);
  cleanups.add(() => framework.close());
  let launched = 0;
  const finish: OneAgent['finish'] = async (count, task, outstanding = count, asPods = false) => {
    const named = typeof task === 'string' ? (name: string) => commandTask(name, task) : task;
    const end = launched + count;
    let running = 0;
    let { promise: ended, resolve: onEnd } = Promise.withResolvers<void>();
    const { promise: failed, reject } = Promise.withResolvers<never>();
    framework.onStatus = ({ state, message, task_id }) => {
      if (state === 'TASK_STARTING' || state === 'TASK_RUNNING') return;
      if (state !== 'TASK_FINISHED') reject(new Error(`${task_id.value} is ${state}: ${message}`));
      running--;
      onEnd();
      ({ promise: ended, resolve: onEnd } = Promise.withResolvers<void>());
    };
    const start = performance.now();
    while (launched < end || running > 0) {
      const room = Math.min(end - launched, outstanding - running);
      if (room > 0) {
        const offers = await Promise.race([framework.offered(room * taskCpus * (asPods ? 2 : 1)), failed]);
        const more = Math.min(end - launched, outstanding - running); // others ended meanwhile
        const tasks = Array.from({ length: more }, () => named(`task-${launched++}`));
        if (asPods) framework.launch(offers, [], tasks);
        else framework.launch(offers, tasks);
        running += more;
      } else await Promise.race([ended, failed]);
    }
    return { ms: performance.now() - start };
  };
  return { master, agent, startAgain, framework, directories: [`${directory}/work`, `${runtime}/run`], finish };
}
