import { stat } from 'node:fs/promises';
import path from 'node:path';
import { modeText } from '@meseta/daemon';
import { HttpAnswerError } from '@meseta/process';
import type { FileInfo } from '@meseta/protocol';
import { type Command, command, UsageError } from '../command.ts';
import { LookupError } from '../find-task.ts';
import { listOptions, printList } from '../list.ts';
import { clusterOptions } from '../master-option.ts';
import { age, jsonLines, write } from '../output.ts';
import { copyDirectory, copyFile, isDirectory } from '../sandbox/copy.ts';
import { type Located, locate, placeOptions } from '../sandbox/locate.ts';
import { type Column, printable } from '../table.ts';

const options = { ...clusterOptions, ...placeOptions };

const columns: Column<FileInfo>[] = [
  { header: 'MODE', value: ({ mode }) => modeText(mode ?? 0) },
  { header: 'USER', value: ({ uid }) => uid ?? '' },
  { header: 'GROUP', value: ({ gid }) => gid ?? '', optional: true },
  { header: 'SIZE', value: ({ size }) => String(size ?? 0), align: 'right' },
  { header: 'CHANGED', value: ({ mtime }) => age(mtime && mtime.nanoseconds / 1e6), align: 'right' },
  { header: 'NAME', value: ({ path: name }) => path.posix.basename(name), shrinks: 'middle' },
];

const isFile = (file: string) => `'${file}' is a file, not a directory; 'meseta files cat' prints it`;
const isNoFile = (file: string) => `'${file}' is a directory, or nothing that can be read; 'meseta files ls' lists it`;
const noFile = (file: string) => `There is no file '${file}' on the agent`;

const list = command({
  name: 'files ls',
  summary: "List a task's sandbox, or a directory of an agent",
  arguments: 'TASK [DIRECTORY]',
  options: { ...listOptions, ...placeOptions, quiet: { ...listOptions.quiet, help: 'Print names only, one a line' } },
  run: ({ json, format, quiet, ...place }, words) =>
    locate(place, words, async located => {
      const { agent, file } = located;
      const response = await agent.call({ type: 'LIST_FILES', list_files: { path: file } }).catch(error => {
        if (error instanceof HttpAnswerError && error.status === 404)
          throw new LookupError(noFile(file), { cause: error });
        throw error;
      });
      const rows = response?.list_files?.file_infos ?? [];
      // The agent lists a file, or a name that does not exist yet, as an empty directory. Where it cannot be looked up,
      // the empty list remains.
      const isListable = rows.length > 0 || (await isDirectory(located).catch(() => true));
      if (!isListable) process.stderr.write(`meseta: ${printable(isFile(file))}\n`);
      printList({ columns, rows, idOf: ({ path: name }) => path.posix.basename(name) }, { json, format, quiet });
      return 0;
    }),
});

async function print({ files, file }: Located, json: boolean | undefined): Promise<void> {
  const { body } = await files.open(file, 0);
  const out = json ? jsonLines({ path: file }) : (data: Buffer) => write('stdout', data);
  for await (const piece of body) await out(piece);
}

const cat = command({
  name: 'files cat',
  summary: "Print a file of a task's sandbox, or of an agent",
  arguments: 'TASK FILE',
  options,
  run: ({ json, ...place }, words) => {
    if (place.agent === undefined && words.length === 1)
      throw new UsageError('Which file? Give its path after the task');
    return locate(place, words, async located => {
      if (await isDirectory(located)) throw new LookupError(isNoFile(located.file));
      await print(located, json);
      return 0;
    });
  },
});

const get = command({
  name: 'files get',
  summary: "Copy a file or directory of a task's sandbox, or of an agent, to this machine",
  arguments: 'TASK [FILE]',
  options: {
    ...options,
    output: {
      type: 'string',
      short: 'o',
      value: 'PATH',
      help: 'Where to; - is standard output (default: its own name, here)',
    },
  },
  notes: `A directory is copied with everything below it; without FILE it is the whole sandbox, into a directory named
after the task. A PATH that is a directory gets the copy inside it. Pipes, and links that lead out of the sandbox, are
left out and named; so is what the agent cannot read, and the exit code is 1 then.`,
  run: ({ json, output, ...place }, words) =>
    locate(place, words, async located => {
      const directory = await isDirectory(located);
      if (output === '-') {
        if (directory) throw new UsageError(`Standard output takes one file, and '${located.name}' is a directory`);
        await print(located, json);
        return 0;
      }
      const to = await targetOf(output, located.name);
      const copied = directory
        ? await copyDirectory(located, to)
        : { files: 1, bytes: await copyFile(located, to), skipped: [], unread: [] };
      const leftOut = (file: string, why: string) =>
        process.stderr.write(`meseta: left out ${printable(file)}: ${why}\n`);
      for (const file of copied.skipped) leftOut(file, 'not a file or directory');
      for (const file of copied.unread) leftOut(file, 'the agent cannot read it');
      if (json) {
        const { files, bytes, skipped, unread } = copied;
        const more = directory ? { files, skipped, unread } : {};
        void write('stdout', `${JSON.stringify({ path: located.file, output: to, size: bytes, ...more })}\n`);
      }
      return copied.unread.length === 0 ? 0 : 1;
    }),
});

/** Returns the target of a copy by the rule of `cp`: inside of an existing directory, else the path itself. */
async function targetOf(output: string | undefined, name: string): Promise<string> {
  if (output === undefined) return name;
  const isThere = await stat(output).then(
    stats => stats.isDirectory(),
    () => false,
  );
  return isThere ? path.join(output, name) : output;
}

/** The subcommands of `meseta files`. */
export const filesCommands: readonly Command[] = [list, cat, get];
