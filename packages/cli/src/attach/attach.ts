/** Connects this process's standard files to a container, until one of both ends. */
import { HttpAnswerError } from '@meseta/process';
import type { AgentProcessIO, ContainerID } from '@meseta/protocol';
import { type AgentStreams, InputQueue } from '@meseta/scheduler';
import { write } from '../output.ts';
import { DetachKeys } from './detach-keys.ts';
import { Keyboard } from './keyboard.ts';

/** Time between heartbeats to the agent, in milliseconds: proxies end connections on which nothing comes. */
const heartbeatMs = 30_000;
const nanosecondsPerMillisecond = 1e6;

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** How a connection ended: by its container, by the detach keys, or by a signal to this process. */
export type AttachEnd = 'ended' | 'detached' | (typeof endingSignals)[number];

/** What is connected. */
export interface Attachment {
  readonly streams: AgentStreams;
  readonly container: ContainerID;
  /** Begins the output. */
  open(signal: AbortSignal): Promise<AsyncIterable<AgentProcessIO>>;
  /**
   * - `keys`: standard input is a terminal, whose keys are passed on as they are typed
   * - `text`: standard input is passed on
   * - `none`: the container's input ends at once
   * - `unused`: its input is left alone
   */
  readonly input: 'keys' | 'text' | 'none' | 'unused';
  /** The container has a terminal, whose size is that of ours. */
  readonly hasTerminal: boolean;
  /** The bytes of the keys that detach; undefined: none. */
  readonly detachKeys?: Buffer;
  /** The terminal may show something already: it is drawn anew. */
  readonly redraws?: boolean;
}

/**
 * Connects, and passes on until the end.
 *
 * @throws {HttpAnswerError} {HttpConnectionError}
 */
export async function attach(attachment: Attachment): Promise<AttachEnd> {
  const stopping = new AbortController();
  let end: AttachEnd = 'ended';
  const stop = (reason: AttachEnd) => {
    if (!stopping.signal.aborted) end = reason;
    stopping.abort();
  };
  for (const signal of endingSignals) process.on(signal, stop);
  try {
    const output = await attachment.open(stopping.signal);
    const close = connectInput(attachment, stopping.signal, () => stop('detached'));
    try {
      for await (const { data } of output) {
        if (data?.data) await write(data.type === 'STDERR' ? 'stderr' : 'stdout', Buffer.from(data.data, 'base64'));
      }
    } finally {
      close();
    }
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
  } finally {
    for (const signal of endingSignals) process.off(signal, stop);
  }
  return end;
}

/** Passes input on. Returns what ends that. */
function connectInput(
  { streams, container, input, hasTerminal, detachKeys, redraws }: Attachment,
  signal: AbortSignal,
  onDetach: () => void,
): () => void {
  if (input === 'unused' && !hasTerminal) return () => undefined;
  const queue = new InputQueue();
  const size = () => {
    const { rows, columns } = process.stdout;
    if (rows && columns) queue.resize(rows, columns);
  };
  if (hasTerminal) {
    if (redraws) queue.resize(0, 0);
    size();
    process.on('SIGWINCH', size);
  }
  const reads = input === 'keys' || input === 'text';
  const keys = detachKeys && input === 'keys' ? new DetachKeys(detachKeys) : undefined;
  const keyboard = reads ? new Keyboard({ queue, raw: input === 'keys', detachKeys: keys, onDetach }) : undefined;
  if (input === 'none' && !hasTerminal) {
    queue.data(Buffer.alloc(0));
    queue.end();
  }
  const beat = () => {
    const nanoseconds = heartbeatMs * nanosecondsPerMillisecond;
    queue.push({ type: 'CONTROL', control: { type: 'HEARTBEAT', heartbeat: { interval: { nanoseconds } } } });
  };
  const heartbeats = setInterval(beat, heartbeatMs);
  const over = new AbortController();
  streams.attachInput(container, queue, AbortSignal.any([signal, over.signal])).catch(error => {
    // It has ended, or closed its input and goes on to write: the output tells all there is to tell.
    const needsNone = error instanceof HttpAnswerError && (error.status === 500 || error.status === 404);
    if (over.signal.aborted || signal.aborted || needsNone) return;
    process.stderr.write(`meseta: input is not connected: ${error.message}\r\n`);
  });
  return () => {
    keyboard?.close();
    clearInterval(heartbeats);
    process.off('SIGWINCH', size);
    over.abort();
    queue.end();
  };
}
