import { Link } from '@tanstack/react-router';
import { addresses } from '../addresses.ts';
import { count } from '../ui/format.ts';
import { Panel } from '../ui/panel.tsx';
import type { ReasonGroup, RoleExplanation } from './answer.ts';
import type { WhySearch } from './search.ts';

/** One role: how many agents can be offered, and what keeps the others away, with what to do about it. */
export function RoleReasons(props: { readonly role: RoleExplanation; readonly search: WhySearch }) {
  const { role, search } = props;
  return (
    <Panel title={`Role ${role.role}`}>
      <p>
        {role.offerable > 0 ? (
          <AgentsLink search={search} reason="NONE">
            {role.offerable.toLocaleString('en')} of {count(role.agents, 'agent')}
          </AgentsLink>
        ) : (
          `None of ${count(role.agents, 'agent')}`
        )}{' '}
        can be offered by the next allocation.
      </p>
      <ul className="reasons" aria-label={`Reasons in role ${role.role}`}>
        {role.groups.map(group => (
          <li key={group.reason} data-blocks={group.blocks}>
            <GroupView group={group} search={search} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function GroupView({ group, search }: { readonly group: ReasonGroup; readonly search: WhySearch }) {
  const { reason, text, advice, agents, only, causes, blocks } = group;
  return (
    <>
      <p className="reason-title">
        <AgentsLink search={search} reason={reason}>
          {count(agents, 'agent')}
        </AgentsLink>
        : {text}
      </p>
      <p className="reason-advice">{advice}</p>
      {blocks && only > 0 && only < agents && (
        <p className="quiet">On {count(only, 'agent')}, nothing else is in the way.</p>
      )}
      {causes.length > 0 && (
        <ul className="causes">
          {causes.map(cause => (
            <li key={cause.text}>
              {cause.text} on {count(cause.agents, 'agent')}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function AgentsLink(props: {
  readonly search: WhySearch;
  readonly reason: string;
  readonly children: React.ReactNode;
}) {
  const { offset: _, ...search } = props.search;
  return (
    <Link
      to={addresses.why()}
      search={{ ...search, reason: props.reason } as never}
      activeOptions={{ exact: true, includeSearch: true }}
    >
      {props.children}
    </Link>
  );
}
