import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { AgentCall, AgentProcessIO, ContainerID } from '@meseta/protocol';
import { AgentStreams } from '@meseta/scheduler';
import type { Benchmark, Effort } from './benchmark.ts';
import { commandTask, taskCpus } from './framework.ts';
import { startOneAgent } from './one-agent.ts';
import { Cleanups } from './processes/child.ts';
import { repeated, timed } from './timing.ts';

type Output = AsyncIterable<AgentProcessIO>;
type Argv = readonly [string, ...string[]];

const pieceBytes = 64 * 1024;
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
  const port = await agent.ask('port');
  const streams = new AgentStreams(`http://127.0.0.1:${port}`);
  cleanups.add(() => streams.close());
  let sessions = 0;
  const signal = new AbortController().signal;
  const commandOf = (argv: Argv) => ({ shell: false, value: argv[0], arguments: [...argv] });
  const nextId = () => ({ value: `session-${sessions++}`, parent });
  const callOf = (container_id: ContainerID, argv: Argv): AgentCall => ({
    type: 'LAUNCH_NESTED_CONTAINER_SESSION',
    launch_nested_container_session: { container_id, command: commandOf(argv) },
  });
  /** Launches a session in the task. */
  const launch = async (...argv: Argv) => {
    const container_id = nextId();
    const output = await streams.launchSession({ container_id, command: commandOf(argv) }, signal);
    return { container_id, output };
  };
  /** Runs a program in the task. @returns the number of bytes that it writes. */
  const run = async (...argv: Argv): Promise<number> => bytesOf((await launch(...argv)).output);
  /** Launches a session whose client reads all output and looks at none of it. */
  const launchDrained = async (...argv: Argv) => {
    const container_id = nextId();
    const headers = { 'Content-Type': 'application/json', Accept: 'application/recordio' };
    const outgoing = request({ port, method: 'POST', path: '/api/v1', headers, agent: false });
    outgoing.end(JSON.stringify(callOf(container_id, argv)));
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`a session was refused: ${response.statusCode}`);
    response.resume();
    return container_id;
  };
  return { cleanups, run, launch, launchDrained, streams, signal };
}

/** Reads an output to its end. @returns how many bytes it has. */
async function bytesOf(output: Output): Promise<number> {
  let bytes = 0;
  for await (const { data } of output) bytes += Buffer.byteLength(data?.data ?? '', 'base64');
  return bytes;
}

/** Reads an output to its end. @returns the number that it is. */
async function numberOf(output: Output): Promise<number> {
  let text = '';
  for await (const { data } of output) text += Buffer.from(data?.data ?? '', 'base64').toString();
  return Number(text);
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

/** Megabytes a second that pass through cat(1) by pipes, in pieces as large as those of the sessions below. */
async function catRate(bytes: number): Promise<number> {
  const ms = await timed(async () => {
    const child = spawn('cat', { stdio: ['pipe', 'pipe', 'ignore'] });
    const closed = once(child, 'close');
    child.stdout.resume();
    await pipeline(pieces(bytes, Buffer.alloc(pieceBytes)), child.stdin);
    await closed;
  });
  return bytes / 1e3 / ms;
}

/** The same piece so often that it is so many bytes. */
function* pieces<T>(bytes: number, piece: T): Generator<T> {
  for (let left = bytes; left > 0; left -= pieceBytes) yield piece;
}

/** So many zeros, and the end of input. */
async function* zeros(bytes: number): AsyncGenerator<AgentProcessIO> {
  yield* pieces(bytes, inputOf(Buffer.alloc(pieceBytes)));
  yield inputOf(Buffer.alloc(0));
}

const inputOf = (data: Buffer): AgentProcessIO => ({
  type: 'DATA',
  data: { type: 'STDIN', data: data.toString('base64') },
});

/** Sizes that are a number of pieces. */
const inPieces = (effort: Effort) => Math.floor(sizeOf(effort) / pieceBytes) * pieceBytes;

/** What a command writes when it is told to. An agent disconnects a client that falls 8 MiB of messages behind. */
const blockBytes = 2 * 1024 * 1024;

const attachedOutput: Benchmark = {
  name: 'output of a container, attached to',
  unit: 'MB/s',
  better: 'more',
  rounds: 3,
  note: 'ATTACH_CONTAINER_OUTPUT of a session launched for it, whose own client reads as well: blocks of zeros, each written when the last but one has come, as JSON messages to a client in another process; baseline: cat(1) between two pipes',
  baseline: effort => catRate(inPieces(effort)),
  async measure(effort) {
    const { launchDrained, streams, signal } = await scene();
    const blocks = Math.floor(sizeOf(effort) / blockBytes);
    const id = await launchDrained('sh', '-c', `while read go; do head -c ${blockBytes} /dev/zero; done`);
    const attached = await streams.attachOutput(id, signal);
    let written = 0;
    let more = Promise.withResolvers<void>();
    async function* orders(): AsyncGenerator<AgentProcessIO> {
      for (let ordered = 0; ordered < blocks; ordered++) {
        while (ordered * blockBytes - written > blockBytes) await more.promise;
        yield inputOf(Buffer.from('go\n'));
      }
      yield inputOf(Buffer.alloc(0));
    }
    const read = async () => {
      for await (const { data } of attached) {
        written += Buffer.byteLength(data?.data ?? '', 'base64');
        more.resolve();
        more = Promise.withResolvers();
      }
    };
    const ms = await timed(() => Promise.all([streams.attachInput(id, orders(), signal), read()]));
    if (written !== blocks * blockBytes) throw new Error(`${written} bytes came, expected ${blocks * blockBytes}`);
    return written / 1e3 / ms;
  },
};

const attachedInput: Benchmark = {
  name: 'input of a container, attached to',
  unit: 'MB/s',
  better: 'more',
  rounds: 3,
  note: 'ATTACH_CONTAINER_INPUT of a session launched for it: zeros as JSON messages from a client in another process to wc(1); baseline: cat(1) between two pipes',
  baseline: effort => catRate(inPieces(effort)),
  async measure(effort) {
    const { launch, streams, signal } = await scene();
    const bytes = inPieces(effort);
    const { container_id, output } = await launch('wc', '-c');
    let counted = 0;
    const ms = await timed(async () => {
      [, counted] = await Promise.all([streams.attachInput(container_id, zeros(bytes), signal), numberOf(output)]);
    });
    if (counted !== bytes) throw new Error(`${counted} bytes came, expected ${bytes}`);
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

export default [throughput, attachedOutput, attachedInput, latency] satisfies Benchmark[];
