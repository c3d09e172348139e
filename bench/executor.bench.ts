import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Benchmark, Effort } from './benchmark.ts';
import { buildExecutor, startExecutor, startSink } from './executor-agent.ts';

/** Proportional set size: shared pages count in parts. */
function pssMiB(pid: number | undefined): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1]) / 1024;
}

async function best(effort: Effort, once: () => Promise<number>): Promise<number> {
  await buildExecutor();
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < (effort.quick ? 1 : 8); i++) least = Math.min(least, await once());
  return least;
}

async function timeOfNode(): Promise<number> {
  const start = performance.now();
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit');
  return performance.now() - start;
}

async function timeToSubscribe(): Promise<number> {
  const executor = await startExecutor();
  await executor.close();
  return executor.subscribedMs;
}

async function memoryOfNode(): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  await sleep(300);
  const used = pssMiB(child.pid);
  child.kill('SIGKILL');
  await once(child, 'exit');
  return used;
}

async function memoryOfExecutor(): Promise<number> {
  const executor = await startExecutor();
  await sleep(300);
  const used = pssMiB(executor.process.pid);
  await executor.close();
  return used;
}

/** Milliseconds from launch to end of a task that does nothing but log, and what came of it. */
async function logLines(count: number, stalls: boolean): Promise<{ ms: number; received: number }> {
  const sink = await startSink(stalls);
  const executor = await startExecutor({
    MESETA_EXECUTOR_SERVICELOG_LOGSTASH_ADDRESS: `127.0.0.1:${sink.port}`,
    MESETA_EXECUTOR_SERVICELOG_BUFFER_SIZE: String(count),
  });
  const value = `yes 'level=info logger=bench msg="a line of a log, not too short and not too long"' | head -n ${count}`;
  const task = { name: 't', task_id: { value: 't' }, agent_id: { value: 'a' }, command: { value } };
  const ended = executor.state('TASK_FINISHED');
  const start = performance.now();
  const labels = { labels: [{ key: 'log-scraping', value: 'logfmt' }] };
  executor.send({ type: 'LAUNCH', launch: { task: { ...task, labels } } });
  await ended;
  const ms = performance.now() - start;
  if (!stalls) while (sink.lines() < count && performance.now() - start < 60_000) await sleep(5);
  const received = sink.lines();
  const totalMs = stalls ? ms : performance.now() - start;
  await executor.close();
  sink.close();
  return { ms: stalls ? ms : totalMs, received };
}

const linesOf = ({ quick }: Effort) => (quick ? 5000 : 200_000);

export default [
  {
    name: 'executor, start to SUBSCRIBE',
    unit: 'ms',
    better: 'less',
    budget: { ratio: 1.6 },
    note: 'best of several; baseline: node -e 0, whole process',
    baseline: effort => best(effort, timeOfNode),
    measure: effort => best(effort, timeToSubscribe),
  },
  {
    name: 'executor, memory',
    unit: 'MiB',
    better: 'less',
    budget: { ratio: 1.3 },
    note: 'PSS when subscribed; baseline: an idle node -e',
    baseline: effort => best(effort, memoryOfNode),
    measure: effort => best(effort, memoryOfExecutor),
  },
  {
    name: 'executor, log lines to Logstash',
    unit: '1/s',
    better: 'more',
    note: 'logfmt by TCP, from launch to the last line in the sink',
    measure: async effort => {
      const { ms, received } = await logLines(linesOf(effort), false);
      if (received !== linesOf(effort)) throw new Error(`${received} of ${linesOf(effort)} lines arrived`);
      return (received * 1000) / ms;
    },
  },
  {
    name: 'executor, a logging task whose sink stalls',
    unit: 'ms',
    better: 'less',
    budget: { ratio: 1.1 },
    note: 'launch to end; baseline: the same with a sink that reads',
    baseline: async effort => (await logLines(linesOf(effort), false)).ms,
    measure: async effort => (await logLines(linesOf(effort), true)).ms,
  },
] satisfies Benchmark[];
