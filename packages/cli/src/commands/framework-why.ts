import { wrap } from '@meseta/flags/wrap';
import { findAgentId } from '../cluster-agents.ts';
import { command, UsageError } from '../command.ts';
import { findFramework } from '../find-framework.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { write } from '../output.ts';
import { type Column, formatTable, printable } from '../table.ts';

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
  { header: 'WHY', value: row => whyOf(row) },
];

function whyOf({ refusals }: Pick<Row, 'refusals'>): string {
  return refusals.map(({ message }) => message).join(' ') || offered;
}

/**
 * Formats the rows as a table, or as paragraphs where the terminal is too narrow for that.
 *
 * @param width of the terminal; undefined or 0 when there is none, or it is unknown.
 */
export function explained(rows: readonly Row[], width?: number): string {
  const table = formatTable(columns, rows);
  // The first line is the head, which may be styled.
  const length = Math.max(
    ...table
      .split('\n')
      .slice(1)
      .map(line => line.length),
  );
  if (!width || length <= width) return table;
  return rows
    .map(row => {
      const title = printable(`${row.hostname} (${row.agent_id}), role ${row.role}`);
      const reasons = (row.refusals.length > 0 ? row.refusals.map(({ message }) => message) : [offered]).map(printable);
      return `${title}\n${reasons
        .flatMap(each => wrap(each, width - 2))
        .map(line => `  ${line}\n`)
        .join('')}`;
    })
    .join('');
}

/** Makes a subcommand that explains this. @param name `framework why`, or `why` for short. */
export const whyCommand = (name: string) =>
  command({
    name,
    summary: 'Explain why a framework is not offered agents',
    arguments: 'FRAMEWORK',
    options: {
      ...clusterOptions,
      role: { type: 'string', value: 'ROLE', help: 'Only this role' },
      agent: { type: 'string', value: 'AGENT', help: 'Only this agent' },
    },
    notes:
      'FRAMEWORK is the id of a framework, a part of it, or its name. Nothing is cut, however narrow the terminal is:\nthere it prints paragraphs in place of a table. An Apache Mesos master cannot answer this.',
    run: ({ master, json, role, agent }, [word, ...others]) => {
      if (word === undefined || others.length > 0) throw new UsageError('Which framework? Give one id or name');
      return withMaster(master, async client => {
        const query = new URLSearchParams({
          framework_id: (await findFramework(client, word)).framework_info.id?.value ?? '',
          ...(role !== undefined && { role }),
          ...(agent !== undefined && { agent_id: await findAgentId(client, agent) }),
        });
        const answer = (await client.http.get(`/unoffered?${query}`)) as Unoffered;
        const roles = (answer.frameworks ?? []).flatMap(framework => framework.roles);
        const rows = roles.flatMap(({ name, agents }) => agents.map(each => ({ ...each, role: name })));
        const terminalWidth = () => (process.stdout.isTTY ? process.stdout.columns : undefined);
        const text =
          rows.length > 0 ? explained(rows, terminalWidth()) : 'No agent is registered that could be offered.\n';
        await write('stdout', json ? `${JSON.stringify(answer, null, 2)}\n` : text);
        return 0;
      });
    },
  });

export default whyCommand('framework why');
