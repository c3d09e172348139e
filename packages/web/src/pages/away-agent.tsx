import { Link } from '@tanstack/react-router';
import { type ReactNode, useMemo } from 'react';
import { ActionBar } from '../actions/action-bar.tsx';
import { awayActions } from '../actions/away-actions.ts';
import { addresses } from '../addresses.ts';
import { useAnswer } from '../answers/use-answer.ts';
import { WhenAnswered } from '../answers/when-answered.tsx';
import { type AwayAgent, awayAgent } from '../away/away-agents.ts';
import { exactly } from '../query/filter-tokens.ts';
import { Facts } from '../ui/facts.tsx';
import { Moment } from '../ui/moment.tsx';
import { Notice, Skeleton } from '../ui/notice.tsx';
import { PageHeading } from '../ui/page-heading.tsx';
import { Panel } from '../ui/panel.tsx';
import { StateLabel } from '../ui/state-label.tsx';
import { TasksTable } from './lists.tsx';

/** What each state means, and what an operator does about it. */
const words: Readonly<Record<AwayAgent['state'], { readonly title: string; readonly text: string }>> = {
  unreachable: {
    title: 'The agent is unreachable',
    text: 'It has not answered the master. Its tasks may still run, and are there again when it is back. Start it again, or look at its machine and the network.',
  },
  recovered: {
    title: 'The agent has not come back since this master leads',
    text: 'The master waits for it, and takes it for unreachable after --agent_reregister_timeout. Look whether it runs and reaches this master.',
  },
  gone: {
    title: 'The agent is gone',
    text: 'An operator marked it gone: it can never register again. Its files cannot be read here any more. An agent on the same machine registers under another id.',
  },
};

/** The page of an agent that is not registered. @param props.unknown what is shown when the master does not know it either. */
export function AwayAgentPage({ id, unknown }: { readonly id: string; readonly unknown: ReactNode }) {
  const poll = useMemo(() => awayAgent(id), [id]);
  const answer = useAnswer(poll);
  // A master that cannot say more about it says so by 404.
  if (answer.problem?.status === 404) return unknown;
  if (answer.answer === undefined && answer.answeredAt !== undefined) return unknown;
  if (answer.answer === undefined && answer.problem === undefined) return <Skeleton label="Loading agent" />;
  return (
    <>
      {answer.answer === undefined && <PageHeading title={id} />}
      <WhenAnswered what="The agent" answer={answer}>
        {agent => agent && <AwayAgentView agent={agent} />}
      </WhenAnswered>
    </>
  );
}

function AwayAgentView({ agent }: { readonly agent: AwayAgent }) {
  const { agent_id, hostname, port, state, since } = agent;
  const { title, text } = words[state];
  return (
    <>
      <PageHeading title={hostname ?? agent_id}>
        <StateLabel state={state} />
      </PageHeading>
      <ActionBar
        actions={awayActions}
        of={agent}
        id={`away agent ${agent_id}`}
        label={`Actions on agent ${hostname ?? agent_id}`}
      />
      <Notice title={title}>
        <p>{text}</p>
        <Link to={addresses.agents()}>All agents</Link>
      </Notice>
      <Panel title="Facts">
        <Facts
          of={{
            Id: agent_id,
            Address: hostname === undefined ? undefined : `${hostname}${port === undefined ? '' : `:${port}`}`,
            Since: since === undefined ? undefined : <Moment seconds={since} />,
          }}
        />
      </Panel>
      <Panel title="Tasks of this agent">
        <TasksTable within={exactly('agent', [agent_id])} />
      </Panel>
    </>
  );
}
