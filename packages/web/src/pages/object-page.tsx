import { Link } from '@tanstack/react-router';
import { Fragment, type ReactNode, useEffect, useRef } from 'react';
import { addresses } from '../addresses.ts';
import { useAnswer } from '../answers/use-answer.ts';
import { awayAgents } from '../away/away-agents.ts';
import { AwayAgentCount } from '../away/away-list.tsx';
import { useHasData, useObject } from '../feed/hooks.ts';
import type { Detail, ThingTable } from '../feed/messages.ts';
import { forgetPermissions } from '../permissions/can.ts';
import { usePrincipal } from '../session/hooks.ts';
import { Notice, Skeleton } from '../ui/notice.tsx';
import { PageTitle } from '../ui/page-heading.tsx';

const lists: Readonly<Record<ThingTable, string>> = {
  tasks: addresses.tasks(),
  agents: addresses.agents(),
  frameworks: addresses.frameworks(),
};

/**
 * A page about one thing, which may be unknown. Give it the key of the thing as `key`, too. What was shown stays when the thing goes: a
 * master that begins to lead learns of it again, and what the page reads, such as a log, goes on.
 */
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
  const isMissing = detail !== undefined && detail.row === undefined && hasData;
  const last = useLast(detail, principal);
  useReturn(isMissing);
  const shown = detail?.row || (isMissing && !props.whenMissing) ? last : undefined;
  if (shown) {
    return (
      <>
        {isMissing && (
          <Notice key="missing" title={`The master does not know this ${thing} now`}>
            <p>What is shown is what was known last.</p>
            <MaybeAway />
          </Notice>
        )}
        <Fragment key="shown">{props.children(shown)}</Fragment>
      </>
    );
  }
  if (!isMissing) {
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

/** Returns what was known last of the thing, by the same user. */
function useLast(detail: Detail | undefined, user: string | undefined): Detail | undefined {
  const last = useRef<{ readonly detail: Detail; readonly user: string | undefined }>(undefined);
  if (detail?.row) last.current = { detail, user };
  else if (last.current?.user !== user) last.current = undefined;
  return last.current?.detail;
}

/** Asks again what the user may do when the thing comes back: meanwhile, the master has answered that there is none. */
function useReturn(isMissing: boolean): void {
  const wasMissing = useRef(false);
  useEffect(() => {
    if (wasMissing.current && !isMissing) forgetPermissions();
    wasMissing.current = isMissing;
  }, [isMissing]);
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
