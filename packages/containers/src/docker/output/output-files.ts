/** The files that the output of a container is written to. */
import type { FileHandle } from 'node:fs/promises';
import type { ContainerId } from '../../container-id.ts';
import type { OutputStream } from '../../container-io.ts';
import { openSandbox } from '../../sandboxes.ts';
import { GatheredFile } from './gathered-file.ts';

/** The open files of a container. */
export interface OutputFiles {
  /** False for a logger, because what it has written cannot be measured: its sizes are 0, and its tails empty. */
  readonly canBeRead: boolean;
  /** Appends to a file, soon. When that fails, a later call rejects, `close` at the latest. */
  append(stream: OutputStream, data: Buffer): Promise<void>;
  /** Returns the size of each. */
  sizes(): Promise<Record<OutputStream, number>>;
  /** Reads what a file has behind a size. */
  tail(stream: OutputStream, from: number, most: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** Opens the files in a sandbox. What is in it may be its user's doing, so no link is followed. */
export async function openOutput(directory: string, id: ContainerId): Promise<OutputFiles> {
  const sandbox = await openSandbox(directory, id, undefined);
  try {
    return await openFiles((stream, how) => (how === 'append' ? sandbox.append(stream) : sandbox.openFile(stream)));
  } finally {
    await sandbox.close();
  }
}

async function openFiles(
  openFile: (stream: OutputStream, how: 'append' | 'read') => Promise<FileHandle>,
): Promise<OutputFiles> {
  const opened: FileHandle[] = [];
  const open = async (stream: OutputStream, how: 'append' | 'read') => {
    const handle = await openFile(stream, how);
    opened.push(handle);
    return handle;
  };
  const close = async () => {
    await Promise.all(opened.map(handle => handle.close()));
  };
  try {
    const writers = { stdout: await open('stdout', 'append'), stderr: await open('stderr', 'append') };
    const gathered = { stdout: new GatheredFile(writers.stdout), stderr: new GatheredFile(writers.stderr) };
    const flush = () => Promise.all([gathered.stdout.flush(), gathered.stderr.flush()]);
    const readers = { stdout: await open('stdout', 'read'), stderr: await open('stderr', 'read') };
    return {
      canBeRead: true,
      append: (stream, data) => gathered[stream].append(data),
      async sizes() {
        await flush();
        return { stdout: (await writers.stdout.stat()).size, stderr: (await writers.stderr.stat()).size };
      },
      async tail(stream, from, most) {
        const { size } = await readers[stream].stat();
        const length = Math.max(0, Math.min(size - from, most));
        const { buffer, bytesRead } = await readers[stream].read(Buffer.alloc(length), 0, length, from);
        return buffer.subarray(0, bytesRead);
      },
      async close() {
        try {
          await flush();
        } finally {
          await close();
        }
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
