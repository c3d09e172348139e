import { useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import { ActionBar } from '../actions/action-bar.tsx';
import { agentActions } from '../actions/agent-actions.ts';
import { reservationActions } from '../actions/reservation-actions.ts';
import { volumeActions } from '../actions/volume-actions.ts';
import { AgentAvailability } from '../agent/availability.tsx';
import { AgentContainers } from '../agent/containers.tsx';
import { AgentReservations } from '../agent/reservations.tsx';
import type { Detail } from '../feed/messages.ts';
import { machineOf } from '../maintenance/use-agents-of.ts';
import { PartNote } from '../permissions/part-note.tsx';
import { exactly } from '../query/filter-tokens.ts';
import { noQuantities, type Quantities, quantityNames } from '../store/quantities.ts';
import type { Row } from '../store/table.ts';
import { Facts } from '../ui/facts.tsx';
import { momentOf } from '../ui/moment.tsx';
import { Panel } from '../ui/panel.tsx';
import { ResourceMeters } from '../ui/resource-meters.tsx';
import { UsagePlots } from '../usage/usage-plots.tsx';
import { AgentTabs } from './agent-tabs.tsx';
import { AwayAgentPage } from './away-agent.tsx';
import { TasksTable } from './lists.tsx';
import { ObjectPage } from './object-page.tsx';

const resourceActions = [...reservationActions, ...volumeActions];

/** One agent: what it has, what of it is used, and its tasks. */
export function AgentPage() {
  const { agent: id } = useParams({ strict: false }) as { agent: string };
  return (
    <ObjectPage
      key={id}
      table="agents"
      objectKey={id}
      id={id}
      thing="agent"
      whenMissing={unknown => <AwayAgentPage id={id} unknown={unknown} />}
    >
      {({ row, agent }) =>
        row &&
        agent && (
          <AgentTabs row={row}>
            <AgentView row={row} agent={agent} />
          </AgentTabs>
        )
      }
    </ObjectPage>
  );
}

function AgentView({ row, agent }: { readonly row: Row; readonly agent: NonNullable<Detail['agent']> }) {
  const object = useMemo(() => ({ row, agent }), [row, agent]);
  return (
    <>
      <ActionBar
        actions={agentActions}
        of={object}
        id={`agent ${row.key}`}
        label={`Actions on agent ${row.hostname}`}
      />
      <ActionBar
        actions={resourceActions}
        of={object}
        id={`agent ${row.key}`}
        label={`Resources of agent ${row.hostname}`}
      />
      <div className="panels">
        <Panel title="Facts">
          <Facts
            of={{
              Id: String(row.id),
              Address: String(row.address),
              Version: agent.version,
              Registered: momentOf(agent.registered_time),
              'Registered again': momentOf(agent.reregistered_time),
              Region: String(row.region),
              Zone: String(row.zone),
              Attributes: String(row.attribute),
              Capabilities: (agent.capabilities ?? []).map(({ type }) => type).join(', '),
            }}
          />
        </Panel>
        <Panel title="Resources">
          <ResourceMeters used={quantitiesIn(row, '_used')} total={quantitiesIn(row)} />
        </Panel>
        <Panel title="Draining and maintenance">
          <AgentAvailability agent={agent} machine={machineOf(row)} />
        </Panel>
      </div>
      <Panel title="Resources by role and reservation">
        <PartNote of="roles">Without what is reserved for roles that you may not see</PartNote>
        <AgentReservations resources={agent.total_resources ?? []} />
      </Panel>
      <Panel title="Executors and containers">
        <AgentContainers agentId={String(row.id)} />
      </Panel>
      <Panel title="Use of its executors">
        <UsagePlots url={`/agents/${encodeURIComponent(String(row.id))}/monitor/statistics`} />
      </Panel>
      <Panel title="Tasks of this agent">
        <TasksTable within={exactly('agent', [String(row.id)])} />
      </Panel>
    </>
  );
}

/** Returns amounts of a row. @param suffix of the names of their columns. */
function quantitiesIn(row: Row, suffix = ''): Quantities {
  const sum = noQuantities();
  for (const name of quantityNames) sum[name] = Number(row[name + suffix]);
  return sum;
}
