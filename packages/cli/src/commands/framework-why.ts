import { readResources, readSize } from '../amounts.ts';
import { findAgents } from '../cluster-agents.ts';
import { command, UsageError } from '../command.ts';
import { type Explanation, explanationText } from '../explanation-text.ts';
import { findFramework } from '../find-framework.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { write } from '../output.ts';

interface SizeOptions {
  readonly cpus?: string | undefined;
  readonly mem?: string | undefined;
  readonly disk?: string | undefined;
  readonly gpus?: string | undefined;
}

/** Amounts that are parameters of their own; others go together. */
const ownParameters = ['cpus', 'mem', 'disk', 'gpus'];

/**
 * Reads a size, given by options and as words, such as `cpus:2 mem:512`.
 *
 * @returns parameters of the master's endpoint.
 * @throws {UsageError} for what is no size, or names a resource twice.
 */
export function readTaskSize({ cpus, mem, disk, gpus }: SizeOptions, words: readonly string[]): Record<string, string> {
  const amounts = new Map<string, number>();
  const add = (name: string, amount: number) => {
    if (amounts.has(name)) throw new UsageError(`${name} is given twice`);
    amounts.set(name, amount);
  };
  if (cpus !== undefined) add('cpus', readNumber('--cpus', cpus));
  if (mem !== undefined) add('mem', readSize('--mem', mem));
  if (disk !== undefined) add('disk', readSize('--disk', disk));
  if (gpus !== undefined) add('gpus', readNumber('--gpus', gpus));
  for (const { name, scalar } of words.length > 0 ? readResources(words) : []) {
    if (!scalar) throw new UsageError(`A size has numbers, such as cpus:2;mem:512; ${name} is none`);
    add(name, scalar.value);
  }
  const others = [...amounts].filter(([name]) => !ownParameters.includes(name)).map(pair => pair.join(':'));
  return {
    ...Object.fromEntries(
      [...amounts].filter(([name]) => ownParameters.includes(name)).map(([k, v]) => [k, String(v)]),
    ),
    ...(others.length > 0 && { resources: others.join(';') }),
  };
}

function readNumber(option: string, text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (value > 0) return value;
  throw new UsageError(`${option} takes a number above zero, such as 0.5, not '${text}'`);
}

/** Makes a subcommand that explains this. @param name `framework why`, or `why` for short. */
export const whyCommand = (name: string) =>
  command({
    name,
    summary: 'Explain where a framework gets offers of a size, and why not elsewhere',
    arguments: 'FRAMEWORK [SIZE …]',
    options: {
      ...clusterOptions,
      cpus: { type: 'string', value: 'N', help: 'Cores that an offer must have' },
      mem: { type: 'string', value: 'SIZE', help: 'Memory that an offer must have, such as 512 or 2GB' },
      disk: { type: 'string', value: 'SIZE', help: 'Disk that an offer must have, such as 512 or 2GB' },
      gpus: { type: 'string', value: 'N', help: 'GPUs that an offer must have' },
      role: { type: 'string', value: 'ROLE', help: 'Only this role' },
      agent: { type: 'string', value: 'AGENT', help: 'Only this agent' },
    },
    notes: `FRAMEWORK is the id of a framework, a part of it, or its name. SIZE is what an offer must have, such as cpus:2;licenses:1; without a size, any offer will do. Reasons are grouped, with what to do about each: those first that keep the most agents away all by themselves. An Apache Mesos master cannot answer this.

  meseta ${name} marathon --cpus 2 --mem 1GB --role web`,
    run: ({ master, json, role, agent, ...size }, [word, ...words]) => {
      if (word === undefined) throw new UsageError('Which framework? Give an id or a name');
      const amounts = readTaskSize(size, words);
      return withMaster(master, async client => {
        const framework = await findFramework(client, word);
        const [only] = agent === undefined ? [] : await findAgents(client, [agent]);
        const query = new URLSearchParams({
          ...{ framework_id: framework.framework_info.id?.value ?? '', ...amounts },
          ...(role !== undefined && { role }),
          ...(only && { agent_id: only.agent_info.id?.value ?? '' }),
        });
        const answer = (await client.http.get(`/allocation/explain?${query}`)) as Explanation;
        const width = process.stdout.isTTY ? process.stdout.columns : undefined;
        await write('stdout', json ? `${JSON.stringify(answer, null, 2)}\n` : explanationText(answer, width));
        return 0;
      });
    },
  });

export default whyCommand('framework why');
