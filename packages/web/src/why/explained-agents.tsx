import { Link } from '@tanstack/react-router';
import { addresses } from '../addresses.ts';
import { count } from '../ui/format.ts';
import { Notice } from '../ui/notice.tsx';
import { Panel } from '../ui/panel.tsx';
import { PlainTable } from '../ui/plain-table.tsx';
import type { Explanation, ListedAgent } from './answer.ts';
import { AGENTS_PER_PAGE, type WhySearch } from './search.ts';

/** The agents with a reason, each with all its reasons. */
export function ExplainedAgents(props: {
  readonly list: NonNullable<Explanation['list']>;
  readonly search: WhySearch;
}) {
  const { list, search } = props;
  const { reason, offset: _, ...without } = search;
  const title = reason === 'NONE' ? 'Agents that can be offered' : `Agents with the reason ${reason}`;
  return (
    <Panel title={title}>
      <p className="table-count" role="status">
        {count(list.matched, 'agent')}{' '}
        <Link to={addresses.why()} search={without as never}>
          Close the list
        </Link>
      </p>
      {list.agents.length === 0 ? (
        <Notice title="No agent is on this page of the list">
          <Link to={addresses.why()} search={{ ...without, reason } as never}>
            To its beginning
          </Link>
        </Notice>
      ) : (
        <AgentsTable title={title} agents={list.agents} />
      )}
      <Pages list={list} search={search} />
    </Panel>
  );
}

function AgentsTable({ title, agents }: { readonly title: string; readonly agents: readonly ListedAgent[] }) {
  return (
    <PlainTable label={title} columns={['Agent', 'Region', 'All its reasons']}>
      {agents.map(({ agent_id, hostname, region, reasons }) => (
        <tr key={agent_id}>
          <td>
            <Link to={addresses.agent(agent_id)} title={agent_id}>
              {hostname ?? agent_id}
            </Link>
          </td>
          <td>{region}</td>
          <td>
            <ul className="reasons-of-agent">
              {reasons.map(({ role, reason, text, blocks }) => (
                <li key={`${role} ${reason}`} data-blocks={blocks}>
                  <code>{reason}</code> in role {role}
                  {text && `: ${text}`}
                </li>
              ))}
            </ul>
            {reasons.length === 0 && 'None: the next allocation offers it'}
          </td>
        </tr>
      ))}
    </PlainTable>
  );
}

function Pages({ list, search }: { readonly list: NonNullable<Explanation['list']>; readonly search: WhySearch }) {
  const { matched, offset } = list;
  const to = (next: number) => ({ ...search, offset: Math.max(0, next) || undefined }) as never;
  if (matched <= AGENTS_PER_PAGE) return null;
  return (
    <nav aria-label="Pages of agents" className="pages">
      {offset > 0 && (
        <Link to={addresses.why()} search={to(offset - AGENTS_PER_PAGE)}>
          Previous
        </Link>
      )}
      <span>
        {offset + 1}–{Math.min(matched, offset + AGENTS_PER_PAGE)}
      </span>
      {offset + AGENTS_PER_PAGE < matched && (
        <Link to={addresses.why()} search={to(offset + AGENTS_PER_PAGE)}>
          Next
        </Link>
      )}
    </nav>
  );
}
