/** Copies files of an agent to this machine. */
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { HttpAnswerError } from '@meseta/process';
import type { FileInfo } from '@meseta/protocol';
import { makeDirectories } from '@meseta/system';
import { nameFile } from '../system-problem.ts';
import type { Located } from './locate.ts';

/** The result of a copy. */
export interface Copied {
  files: number;
  bytes: number;
  /** Paths that are not files or directories: pipes, links that lead out of the sandbox, links to a directory above. */
  readonly skipped: string[];
  /** Paths that the agent could not or must not read. */
  readonly unread: string[];
}

const [typeMask, directoryType, regularType] = [0o170000, 0o040000, 0o100000];

/** Tells whether a path of the agent is a directory. @throws {HttpAnswerError} when it does not exist. */
export async function isDirectory({ agent, files, file }: Located): Promise<boolean> {
  try {
    await files.open(file, 0, 1).then(({ cancel }) => cancel());
    return false;
  } catch (error) {
    if (!(error instanceof HttpAnswerError && error.status === 400)) throw error;
    // It cannot be downloaded, so it is a directory if it can be listed.
    await agent.call({ type: 'LIST_FILES', list_files: { path: file } });
    return true;
  }
}

/** Copies one file. */
export async function copyFile({ files, file }: Located, to: string, mode = 0o666): Promise<number> {
  const { body } = await files.open(file, 0);
  const output = createWriteStream(to, { mode });
  await pipeline(body, output).catch(nameFile(to));
  return output.bytesWritten;
}

/** Copies a directory with everything below it. */
export async function copyDirectory(located: Located, to: string): Promise<Copied> {
  const copied: Copied = { files: 0, bytes: 0, skipped: [], unread: [] };
  await copyInto(located, to, copied, new Set());
  return copied;
}

async function copyInto(located: Located, to: string, copied: Copied, above: ReadonlySet<string>): Promise<void> {
  const answer = await located.agent.call({ type: 'LIST_FILES', list_files: { path: located.file } });
  const infos = answer?.list_files?.file_infos ?? [];
  const listing = JSON.stringify(infos.map(info => [nameOf(info), info.mode, info.size, info.mtime]));
  if (infos.length > 0 && above.has(listing)) return void copied.skipped.push(located.file);
  await makeDirectories(to).catch(nameFile(to));
  for (const info of infos) {
    const name = nameOf(info);
    const child = { ...located, file: info.path };
    const type = (info.mode ?? 0) & typeMask;
    if (name === '.' || name === '..') continue;
    if (type === directoryType) await copyInto(child, path.join(to, name), copied, new Set([...above, listing]));
    else if (type === regularType) {
      const bytes = await copyFile(child, path.join(to, name), (info.mode ?? 0o666) & 0o777).catch(unlessRefused);
      if (bytes === undefined) copied.unread.push(info.path);
      else copied.files++;
      copied.bytes += bytes ?? 0;
    } else copied.skipped.push(info.path);
  }
}

/** Returns undefined for a file that the agent refuses. Any other error ends the copy. */
function unlessRefused(error: unknown): undefined {
  if (!(error instanceof HttpAnswerError)) throw error;
}

function nameOf({ path: file }: FileInfo): string {
  return path.posix.basename(file);
}
