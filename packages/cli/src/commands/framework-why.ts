import type { MasterClient } from '@meseta/scheduler';
import { command, UsageError } from '../command.ts';
import { findAgentId, LookupError, named } from '../find-task.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { write } from '../output.ts';
import { type Column, formatTable } from '../table.ts';

/** The master's answer, as far as it is printed. */
interface Unoffered {
  readonly frameworks?: readonly { readonly roles: readonly Role[] }[];
}

interface Role {
  readonly name: string;
  readonly agents: readonly Agent[];
}

interface Agent {
  readonly agent_id: string;
  readonly hostname: string;
  readonly refusals: readonly { readonly message: string }[];
}

type Row = Agent & { readonly role: string };

const offered = 'Nothing: the next allocation offers it, unless another framework gets it first.';

const columns: Column<Row>[] = [
  { header: 'AGENT', value: ({ agent_id }) => agent_id },
  { header: 'HOST', value: ({ hostname }) => hostname },
  { header: 'ROLE', value: ({ role }) => role },
  { header: 'WHY', value: ({ refusals }) => refusals.map(({ message }) => message).join(' ') || offered },
];

export default command({
  name: 'framework why',
  summary: 'Explain why a framework is not offered agents',
  arguments: 'FRAMEWORK',
  options: {
    ...clusterOptions,
    role: { type: 'string', value: 'ROLE', help: 'Only this role' },
    agent: { type: 'string', value: 'AGENT', help: 'Only this agent' },
  },
  notes:
    'FRAMEWORK is the id of a framework, a part of it, or its name. Nothing is cut, however narrow the terminal is. An\nApache Mesos master cannot answer this.',
  run: ({ master, json, role, agent }, [word, ...others]) => {
    if (word === undefined || others.length > 0) throw new UsageError('Which framework? Give one id or name');
    return withMaster(master, async client => {
      const query = new URLSearchParams({
        framework_id: await findFrameworkId(client, word),
        ...(role !== undefined && { role }),
        ...(agent !== undefined && { agent_id: await findAgentId(client, agent) }),
      });
      const answer = (await client.http.get(`/unoffered?${query}`)) as Unoffered;
      const roles = (answer.frameworks ?? []).flatMap(framework => framework.roles);
      const rows = roles.flatMap(({ name, agents }) => agents.map(each => ({ ...each, role: name })));
      const text = rows.length > 0 ? formatTable(columns, rows) : 'No agent is registered that could be offered.\n';
      await write('stdout', json ? `${JSON.stringify(answer, null, 2)}\n` : text);
      return 0;
    });
  },
});

/** Finds the id of the framework that a word names by its id, a part of it, or its name. @throws {LookupError} */
async function findFrameworkId(master: MasterClient, word: string): Promise<string> {
  const frameworks = (await master.call({ type: 'GET_FRAMEWORKS' }))?.get_frameworks?.frameworks ?? [];
  const ids = ({ framework_info: { id, name } }: (typeof frameworks)[number]) => [id?.value ?? '', name];
  const [framework, ...others] = named([frameworks], word, ids);
  if (!framework) throw new LookupError(`There is no framework '${word}'; 'meseta frameworks' lists them`);
  if (others.length > 0) throw new LookupError(`Several frameworks match '${word}'; give more of the id`);
  return framework.framework_info.id?.value ?? '';
}
