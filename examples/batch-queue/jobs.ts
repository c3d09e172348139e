/** Reads the jobs of a batch queue. */
import { readFile } from 'node:fs/promises';
import { idProblem, parseJson } from '@meseta/protocol';
import { systemProblem } from '@meseta/system/system-problem';
import type { Job } from './queue.ts';

const defaults = { cpus: 0.1, mem: 32, retries: 0 };

/** Reads a list of jobs in JSON. @throws {Error} naming the job and the field that is wrong. */
export async function readJobs(path: string): Promise<Job[]> {
  const text = await readFile(path, 'utf8').catch(cause => {
    throw new Error(`${path} cannot be read: ${systemProblem(cause)}`, { cause });
  });
  let given: unknown;
  try {
    given = parseJson(text);
  } catch (cause) {
    throw new Error(`${path} is no JSON: ${(cause as Error).message.trim()}`, { cause });
  }
  if (!Array.isArray(given)) throw new Error(`${path} is a list of jobs: [{"name": "…", "command": "…"}, …]`);
  const jobs = given.map((value: unknown, index) => readJob(value, `${path}: job ${index + 1}`));
  const twice = jobs.find(({ name }, index) => jobs.findIndex(job => job.name === name) < index);
  if (twice) throw new Error(`${path}: two jobs have the name '${twice.name}'`);
  return jobs;
}

function readJob(value: unknown, place: string): Job {
  const { name, command, ...numbers } = { ...defaults, ...(value as object) } as Record<string, unknown>;
  const problem = typeof name === 'string' ? idProblem(`${name}.1`) : 'it is a text';
  if (typeof name !== 'string' || problem !== undefined) throw new Error(`${place}: name: ${problem}`);
  if (typeof command !== 'string' || command === '') throw new Error(`${place} (${name}): command is a line for sh`);
  for (const [field, number] of Object.entries(numbers)) {
    if (!(field in defaults)) throw new Error(`${place} (${name}): there is no field '${field}'`);
    const isRight = typeof number === 'number' && number >= 0 && (field !== 'retries' || Number.isInteger(number));
    if (!isRight) throw new Error(`${place} (${name}): ${field} is a number from 0 on, not ${JSON.stringify(number)}`);
  }
  return { ...defaults, ...(numbers as Partial<Job>), name, command };
}
