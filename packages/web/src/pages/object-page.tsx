import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { addresses } from '../addresses.ts';
import { useAnswer } from '../answers/use-answer.ts';
import { awayAgents } from '../away/away-agents.ts';
import { AwayAgentCount } from '../away/away-list.tsx';
import { useHasData, useObject } from '../feed/hooks.ts';
import type { Detail, ThingTable } from '../feed/messages.ts';
import { usePrincipal } from '../session/hooks.ts';
import { Notice, Skeleton } from '../ui/notice.tsx';
import { PageTitle } from '../ui/page-heading.tsx';

const lists: Readonly<Record<ThingTable, string>> = {
  tasks: addresses.tasks(),
  agents: addresses.agents(),
  frameworks: addresses.frameworks(),
};

/** A page about one thing, which may be unknown. Give it the key of the thing as `key`, too. */
export function ObjectPage(props: {
  readonly table: ThingTable;
  readonly objectKey: string;
  /** Its id, for the message that there is no such thing. */
  readonly id: string;
  /** `task`. */
  readonly thing: string;
  /** Shows what else is known of it. @param unknown the words that it is not there. Default: these words alone. */
  readonly whenMissing?: (unknown: ReactNode) => ReactNode;
  readonly children: (detail: Detail) => ReactNode;
}) {
  const { table, objectKey, id, thing, whenMissing = (unknown: ReactNode) => unknown } = props;
  const detail = useObject(table, objectKey);
  const hasData = useHasData();
  const principal = usePrincipal();
  if (detail?.row) return props.children(detail);
  if (detail === undefined || !hasData) {
    return (
      <>
        <PageTitle title={id} />
        <Skeleton label={`Loading ${thing}`} />
      </>
    );
  }
  return whenMissing(
    <Notice isPage title={`There is no ${thing} '${id}'`}>
      <p>It is gone, or never existed{principal !== undefined && ', or you may not see it'}.</p>
      {table !== 'agents' && <MaybeAway />}
      <Link to={lists[table]} search={{ filter: id } as never}>
        Search for it
      </Link>
    </Notice>,
  );
}

/** A master that has begun to lead learns from agents what runs on them. */
function MaybeAway() {
  const { answer } = useAnswer(awayAgents);
  if (answer === undefined || answer.total === 0) return null;
  return (
    <>
      <p>It may also be on an agent that is away: the master knows it again when the agent is back.</p>
      <AwayAgentCount />
    </>
  );
}
