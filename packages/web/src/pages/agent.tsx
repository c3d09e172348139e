import { useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import { ActionBar } from '../actions/action-bar.tsx';
import { agentActions } from '../actions/agent-actions.ts';
import { reservationActions } from '../actions/reservation-actions.ts';
import type { Detail } from '../feed/messages.ts';
import { exactly } from '../query/filter-tokens.ts';
import type { Row } from '../store/table.ts';
import { useNow } from '../ui/clock.ts';
import { Facts } from '../ui/facts.tsx';
import { megabytes, moment, trimmed } from '../ui/format.ts';
import { Meter } from '../ui/meter.tsx';
import { Panel } from '../ui/panel.tsx';
import { StateLabel } from '../ui/state-label.tsx';
import { UsagePlots } from '../usage/usage-plots.tsx';
import { AgentAvailability } from './agent-parts/availability.tsx';
import { AgentContainers } from './agent-parts/containers.tsx';
import { AgentReservations } from './agent-parts/reservations.tsx';
import { AgentTabs } from './agent-tabs.tsx';
import { TasksTable } from './lists.tsx';
import { machineOf } from './maintenance/use-maintenance.ts';
import { ObjectPage } from './object-page.tsx';

/** One agent: what it has, what of it is used, and its tasks. */
export function AgentPage() {
  const { agent: id } = useParams({ strict: false }) as { agent: string };
  return (
    <ObjectPage key={id} table="agents" objectKey={id} id={id} thing="agent">
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
  const now = useNow(60_000);
  const seconds = (time: { readonly nanoseconds: number } | undefined) => time && moment(time.nanoseconds / 1e9, now);
  const used = (name: string) => Number(row[`${name}_used`]);
  return (
    <>
      <h1>
        {String(row.hostname)} <StateLabel state={String(row.state)} />
      </h1>
      <ActionBar
        actions={agentActions}
        of={object}
        id={`agent ${row.key}`}
        label={`Actions on agent ${row.hostname}`}
      />
      <ActionBar
        actions={reservationActions}
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
              Registered: seconds(agent.registered_time),
              'Registered again': seconds(agent.reregistered_time),
              Region: String(row.region),
              Zone: String(row.zone),
              Attributes: String(row.attribute),
              Capabilities: (agent.capabilities ?? []).map(({ type }) => type).join(', '),
            }}
          />
        </Panel>
        <Panel title="Resources">
          <div className="meters">
            <Meter label="CPUs" used={used('cpus')} total={Number(row.cpus)} format={trimmed} />
            <Meter label="Memory" used={used('mem')} total={Number(row.mem)} format={megabytes} />
            <Meter label="Disk" used={used('disk')} total={Number(row.disk)} format={megabytes} />
            {Number(row.gpus) > 0 && (
              <Meter label="GPUs" used={used('gpus')} total={Number(row.gpus)} format={trimmed} />
            )}
          </div>
        </Panel>
        <Panel title="Draining and maintenance">
          <AgentAvailability agent={agent} machine={machineOf(row)} />
        </Panel>
      </div>
      <Panel title="Resources by role and reservation">
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
