import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { modeText } from '@meseta/daemon';
import { HttpError } from '@meseta/process';
import type { FileInfo } from '@meseta/protocol';
import type { AgentClient } from '@meseta/scheduler';
import { type Command, command, UsageError } from '../command.ts';
import { findAgent, findTask, LookupError, sandboxOf } from '../find-task.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { age, jsonLines, printRows } from '../output.ts';
import type { Column } from '../table.ts';

const options = {
  ...clusterOptions,
  framework: { type: 'string', value: 'ID', help: 'The framework, where several have such a task' },
  agent: { type: 'string', value: 'AGENT', help: 'FILE is a path on this agent instead of in the sandbox of a task' },
} as const;

interface Place {
  master?: string;
  framework?: string;
  agent?: string;
}

/** Finds the agent and the path that the arguments mean: `TASK [FILE]`, or with --agent `FILE`. */
async function locate<T>(
  place: Place,
  words: string[],
  body: (agent: AgentClient, file: string) => Promise<T>,
): Promise<T> {
  return withMaster(place.master, async client => {
    const [first] = words;
    if (first === undefined)
      throw new UsageError(place.agent ? 'Which file? Give its path' : 'Which task? Give its id');
    const task = place.agent === undefined ? await findTask(client, first, place.framework) : undefined;
    const agent = await findAgent(client, task?.agent_id.value ?? place.agent ?? '');
    const file = task ? path.posix.join(sandboxOf(task), words[1] ?? '') : first;
    try {
      return await body(agent, file);
    } finally {
      await agent.close();
    }
  });
}

const columns: Column<FileInfo>[] = [
  { header: 'MODE', value: ({ mode }) => modeText(mode ?? 0) },
  { header: 'USER', value: ({ uid }) => uid ?? '' },
  { header: 'GROUP', value: ({ gid }) => gid ?? '' },
  { header: 'SIZE', value: ({ size }) => String(size ?? 0), align: 'right' },
  { header: 'CHANGED', value: ({ mtime }) => age(mtime && mtime.nanoseconds / 1e6), align: 'right' },
  { header: 'NAME', value: ({ path: name }) => path.posix.basename(name), shrinks: 'end' },
];

const list = command({
  name: 'files ls',
  summary: "List a task's sandbox, or a directory of an agent",
  arguments: 'TASK [DIRECTORY]',
  options,
  run: (values, words) =>
    locate(values, words, async (agent, file) => {
      const response = await agent.call({ type: 'LIST_FILES', list_files: { path: file } }).catch(error => {
        if (error instanceof HttpError && error.status === 404) throw new LookupError(noFile(file), { cause: error });
        throw error;
      });
      printRows(columns, response?.list_files?.file_infos ?? [], values.json);
      return 0;
    }),
});

const noFile = (file: string) => `There is no file '${file}' on the agent`;

async function download(agent: AgentClient, file: string): Promise<AsyncIterable<Buffer>> {
  const response = await agent.http.request('GET', `/files/download?path=${encodeURIComponent(file)}`);
  if (response.status !== 200) {
    const text = (await response.bytes()).toString();
    throw response.status === 404 ? new LookupError(noFile(file)) : new HttpError(response.status, text);
  }
  return response.body;
}

const cat = command({
  name: 'files cat',
  summary: "Print a file of a task's sandbox, or of an agent",
  arguments: 'TASK FILE',
  options,
  run: (values, words) =>
    locate(values, words, async (agent, file) => {
      const body = await download(agent, file);
      if (!values.json) await pipeline(body, process.stdout, { end: false });
      else {
        const print = jsonLines({ path: file });
        for await (const piece of body) print(piece);
      }
      return 0;
    }),
});

const get = command({
  name: 'files get',
  summary: "Copy a file of a task's sandbox, or of an agent, to this machine",
  arguments: 'TASK FILE',
  options: {
    ...options,
    output: { type: 'string', short: 'o', value: 'PATH', help: "Where to (default: the file's own name)" },
  },
  run: (values, words) =>
    locate(values, words, async (agent, file) => {
      const body = await download(agent, file);
      const output = createWriteStream(values.output ?? path.posix.basename(file));
      await pipeline(body, output);
      const { path: copy, bytesWritten } = output;
      if (values.json) process.stdout.write(`${JSON.stringify({ path: file, output: copy, size: bytesWritten })}\n`);
      return 0;
    }),
});

export const filesCommands: readonly Command[] = [list, cat, get];
