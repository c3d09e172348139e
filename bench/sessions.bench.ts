import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { AgentStreams } from '@meseta/scheduler';
import type { Benchmark, Effort } from './benchmark.ts';
import { commandTask, taskCpus } from './framework.ts';
import { startOneAgent } from './one-agent.ts';
import { Cleanups } from './processes/child.ts';
import { repeated, timed } from './timing.ts';

const sizeOf = ({ quick }: Effort) => (quick ? 20_000_000 : 200_000_000);

/** An agent with a task. */
async function start() {
  const cleanups = new Cleanups();
  const { agent, framework } = await startOneAgent(cleanups);
  const offers = await framework.offered(taskCpus);
  const running = Promise.withResolvers<{ readonly value: string }>();
  framework.onStatus = ({ state, container_status }) => {
    if (state === 'TASK_RUNNING' && container_status?.container_id) running.resolve(container_status.container_id);
  };
  framework.launch(offers, [commandTask('task', '/bin/sleep', '100000')]);
  const parent = await running.promise;
  const streams = new AgentStreams(`http://127.0.0.1:${await agent.ask('port')}`);
  cleanups.add(() => streams.close());
  let sessions = 0;
  /** Runs a program in the task. @returns the number of bytes that it writes. */
  const run = async (...argv: [string, ...string[]]): Promise<number> => {
    const container_id = { value: `session-${sessions++}`, parent };
    const command = { shell: false, value: argv[0], arguments: argv };
    const output = await streams.launchSession({ container_id, command }, new AbortController().signal);
    let bytes = 0;
    for await (const { data } of output) bytes += Buffer.byteLength(data?.data ?? '', 'base64');
    return bytes;
  };
  return { cleanups, run };
}

let started: ReturnType<typeof start> | undefined;
const scene = () => {
  started ??= start();
  return started;
};

/** Megabytes a second that a program writes to a pipe. */
async function pipeRate(bytes: number): Promise<number> {
  const ms = await timed(async () => {
    const child = spawn('head', ['-c', String(bytes), '/dev/zero'], { stdio: ['ignore', 'pipe', 'ignore'] });
    child.stdout.resume();
    await once(child, 'close');
  });
  return bytes / 1e3 / ms;
}

const throughput: Benchmark = {
  name: 'output of a session',
  unit: 'MB/s',
  better: 'more',
  rounds: 3,
  note: 'zeros that a command in a task writes, as JSON messages to a client in another process; baseline: the same command and a pipe',
  baseline: effort => pipeRate(sizeOf(effort)),
  async measure(effort) {
    const { run } = await scene();
    const bytes = sizeOf(effort);
    const ms = await timed(async () => {
      const written = await run('head', '-c', String(bytes), '/dev/zero');
      if (written !== bytes) throw new Error(`${written} bytes came, expected ${bytes}`);
    });
    return bytes / 1e3 / ms;
  },
};

const latency: Benchmark = {
  name: 'a session that does nothing',
  unit: 'ms',
  better: 'less',
  budget: { ratio: 1.5 },
  note: 'from the call to the end of the answer; baseline: nsenter(1) of the same program, spawned from Node.js',
  notRun: () => (process.getuid?.() === 0 ? undefined : 'nsenter needs root'),
  baseline: ({ quick }) =>
    repeated(quick ? 5 : 20, () =>
      timed(() => once(spawn('nsenter', ['-t', String(process.pid), '-m', '/bin/true'], { stdio: 'pipe' }), 'close')),
    ),
  async measure({ quick }) {
    const { run } = await scene();
    return repeated(quick ? 5 : 20, () => timed(() => run('/bin/true')));
  },
  close: async () => (await started)?.cleanups.run(),
};

export default [throughput, latency] satisfies Benchmark[];
