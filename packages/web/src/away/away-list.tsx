import { Link } from '@tanstack/react-router';
import { addresses } from '../addresses.ts';
import { useAnswer } from '../answers/use-answer.ts';
import { count } from '../ui/format.ts';
import { Moment } from '../ui/moment.tsx';
import { Panel } from '../ui/panel.tsx';
import { PlainTable } from '../ui/plain-table.tsx';
import { StateLabel } from '../ui/state-label.tsx';
import { awayAgents } from './away-agents.ts';

/** How many are listed. */
const LISTED = 100;

/** Lists the agents that are unreachable or have not come back; nothing where there is none. */
export function AwayAgentList() {
  const { answer } = useAnswer(awayAgents);
  if (answer === undefined || answer.total === 0) return null;
  const { total, agents } = answer;
  return (
    <Panel title="Agents that are away">
      <p className="quiet">
        They are in no offer. Their tasks may still run, and are there again when the agent is back. An agent that will
        not come back is to be marked gone.
      </p>
      <PlainTable label="Agents that are away" columns={['Host', 'State', 'Since', 'Id']}>
        {agents.slice(0, LISTED).map(({ agent_id, hostname, state, since }) => (
          <tr key={agent_id}>
            <th scope="row">
              <Link to={addresses.agent(agent_id)}>{hostname ?? 'not known'}</Link>
            </th>
            <td>
              <StateLabel state={state} />
            </td>
            <td>
              <Moment seconds={since} />
            </td>
            <td>{agent_id}</td>
          </tr>
        ))}
      </PlainTable>
      {total > LISTED && <p className="quiet">and {count(total - LISTED, 'agent')} more</p>}
    </Panel>
  );
}

/** Says how many agents are away; nothing where there is none. */
export function AwayAgentCount() {
  const { answer } = useAnswer(awayAgents);
  if (answer === undefined || answer.total === 0) return null;
  return (
    <p>
      <Link to={addresses.agents()}>{count(answer.total, 'agent')} away</Link>
    </p>
  );
}
