/** The least agent that the stand-alone executor works with, and a sink for logs: peers of its benchmarks. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ExecutorCall, ExecutorEvent, TaskState } from '@meseta/protocol';

const root = new URL('..', import.meta.url).pathname;
const bundle = `${root}packages/executor/dist/executor.cjs`;
let built: Promise<unknown> | undefined;

/** Makes the bundle, once. */
export function buildExecutor(): Promise<unknown> {
  built ??= promisify(execFile)(process.execPath, [`${root}packages/executor/build.ts`]);
  return built;
}

export interface RunningExecutor {
  readonly process: ChildProcess;
  readonly sandbox: string;
  /** When SUBSCRIBE came, in milliseconds from the start of the process. */
  readonly subscribedMs: number;
  send(event: ExecutorEvent): void;
  /** Resolves when a status of that state comes. */
  state(state: TaskState): Promise<void>;
  close(): Promise<void>;
}

/** Starts an executor under an agent that acknowledges everything, up to its SUBSCRIBE. */
export async function startExecutor(environment: Record<string, string> = {}): Promise<RunningExecutor> {
  await buildExecutor();
  const sandbox = await mkdtemp(join(tmpdir(), 'meseta-bench-'));
  const subscribed = Promise.withResolvers<number>();
  const waiting = new Map<string, () => void>();
  let stream: ServerResponse | undefined;
  const send = (event: ExecutorEvent) => {
    const record = JSON.stringify(event);
    stream?.write(`${Buffer.byteLength(record)}\n${record}`);
  };
  const server = createServer(async (request, response) => {
    const at = performance.now();
    const pieces = await Array.fromAsync(request as AsyncIterable<Buffer>);
    const { type, update } = JSON.parse(Buffer.concat(pieces).toString()) as ExecutorCall;
    if (type !== 'SUBSCRIBE') response.writeHead(202).end();
    else {
      response.writeHead(200).flushHeaders();
      stream = response;
      subscribed.resolve(at);
    }
    if (!update) return;
    const { task_id, uuid = '', state } = update.status;
    send({ type: 'ACKNOWLEDGED', acknowledged: { task_id, uuid } });
    waiting.get(state)?.();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const start = performance.now();
  const child = spawn(process.execPath, [bundle], {
    cwd: sandbox,
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      ...{ MESOS_FRAMEWORK_ID: 'f', MESOS_EXECUTOR_ID: 'e', MESOS_DIRECTORY: sandbox, MESOS_SANDBOX: sandbox },
      MESOS_AGENT_ENDPOINT: `127.0.0.1:${(server.address() as AddressInfo).port}`,
      MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: '5secs',
      ...environment,
    },
  });
  return {
    ...{ process: child, sandbox, send },
    subscribedMs: (await subscribed.promise) - start,
    state: state => new Promise(resolve => waiting.set(state, resolve)),
    async close() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      server.closeAllConnections();
      server.close();
      await rm(sandbox, { recursive: true, force: true });
    },
  };
}

/** A TCP sink that reads everything, or nothing. */
export async function startSink(stalls: boolean): Promise<{ port: number; lines(): number; close(): void }> {
  let lines = 0;
  const server = createTcpServer(socket => {
    socket.on('error', () => undefined);
    if (stalls) return void socket.pause();
    socket.on('data', piece => {
      for (const byte of piece) if (byte === 10) lines++;
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    lines: () => lines,
    close: () => void server.close(),
  };
}
