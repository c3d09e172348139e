import { existsSync } from 'node:fs';
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
  readonly framework: BenchFramework;
  /** Runs tasks of one program to their ends; each must be TASK_FINISHED. @returns how long it took. */
  finish(count: number, program: string): Promise<{ ms: number }>;
}

/** @param history how many tasks that ended each daemon remembers; default is what the daemons do by themselves. */
export async function startOneAgent(cleanups: Cleanups, history?: number): Promise<OneAgent> {
  const directory = cleanups.directory();
  const master = cleanups.child<MasterProcess>('master.ts', [
    '--port=0',
    `--work_dir=${directory}/master`,
    '--allocation_interval=50ms',
    ...(history === undefined ? [] : [`--max_completed_tasks_per_framework=${history}`]),
  ]);
  const address = await master.ask('address');
  const agent = cleanups.child<AgentProcess>('agent.ts', [
    `--master=${address}`,
    `--work_dir=${directory}/work`,
    `--runtime_dir=${cleanups.directory(volatile)}/run`,
    '--resources=cpus:100;mem:100000;disk:100000',
    '--registration_backoff_factor=10ms',
    ...(history === undefined ? [] : [`--max_completed_executors_per_framework=${history}`]),
    ...(process.getuid?.() === 0 ? [] : ['--no-switch_user']),
  ]);
  await agent.ask('registered');
  const framework = await BenchFramework.subscribe(address);
  cleanups.add(() => framework.close());
  let launched = 0;
  const finish = async (count: number, program: string) => {
    const offers = await framework.offered(count * taskCpus);
    const tasks = Array.from({ length: count }, () => commandTask(`task-${launched++}`, program));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let left = count;
    framework.onStatus = ({ state, message, task_id }) => {
      if (state === 'TASK_STARTING' || state === 'TASK_RUNNING') return;
      if (state !== 'TASK_FINISHED') reject(new Error(`${task_id.value} is ${state}: ${message}`));
      if (--left === 0) resolve();
    };
    const start = performance.now();
    framework.launch(offers, tasks);
    await promise;
    return { ms: performance.now() - start };
  };
  return { master, agent, framework, finish };
}
