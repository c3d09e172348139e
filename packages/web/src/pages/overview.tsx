import { Link } from '@tanstack/react-router';
import { LeaderFacts } from '../about/master-facts.tsx';
import { addresses } from '../addresses.ts';
import { AwayAgentCount } from '../away/away-list.tsx';
import { useHasData, useSums } from '../feed/hooks.ts';
import { OverviewPlots, overviewMetrics, ResourceAmounts } from '../history/overview-plots.tsx';
import { useHistory } from '../history/use-history.ts';
import { AgentMap } from '../map/agent-map.tsx';
import { PartNote } from '../permissions/part-note.tsx';
import { exactly } from '../query/filter-tokens.ts';
import type { Sums } from '../store/cluster.ts';
import { count, wordOf } from '../ui/format.ts';
import { Skeleton } from '../ui/notice.tsx';
import { PageHeading } from '../ui/page-heading.tsx';
import { Panel } from '../ui/panel.tsx';
import { ResourceMeters } from '../ui/resource-meters.tsx';
import { StateLabel } from '../ui/state-label.tsx';
import { FailedTasks } from './lists.tsx';

/** How the cluster is: how many there are of everything, what is used, and what has failed lately. */
export function OverviewPage() {
  const latest = useSums();
  const hasData = useHasData();
  const history = useHistory(overviewMetrics, '1h');
  // Zero is only a fact once the first snapshot is complete.
  const known = <K extends keyof Sums>(name: K): Sums[K] | undefined =>
    latest && (hasData || Object.keys(latest[name]).length > 0) ? latest[name] : undefined;
  const sums = known('agents') && latest;
  return (
    <>
      <PageHeading title="Overview" />
      <PartNote of="tasks">Only what you may see counts here</PartNote>
      <div className="panels">
        <Panel title="Resources">
          {sums === undefined ? (
            <Skeleton lines={4} label="Loading resources" />
          ) : (
            <ResourceMeters used={sums.used} total={sums.total} />
          )}
        </Panel>
        <Panel title="Resources by use">
          <ResourceAmounts history={history} />
        </Panel>
        <Panel title="Agents">
          <Counts of={known('agents')} to={addresses.agents()} thing="agents" />
          <AwayAgentCount />
        </Panel>
        <Panel title="Frameworks">
          <Counts of={known('frameworks')} to={addresses.frameworks()} thing="frameworks" />
        </Panel>
        <Panel title="Tasks">
          <Counts of={known('tasks')} to={addresses.tasks()} thing="tasks" />
        </Panel>
        <Panel title="Master">
          <LeaderFacts />
        </Panel>
      </div>
      <Panel title="Last hour">
        <OverviewPlots history={history} />
      </Panel>
      <Panel title="Map of agents">
        <AgentMap />
      </Panel>
      <Panel title="Failed lately">
        <FailedTasks />
      </Panel>
    </>
  );
}

function Counts(props: {
  readonly of: Readonly<Record<string, number>> | undefined;
  readonly to: string;
  readonly thing: string;
}) {
  const { of, to, thing } = props;
  if (of === undefined) return <Skeleton lines={3} label={`Loading ${thing}`} />;
  // Those of which there are as many are in one order, whichever came first.
  const states = Object.entries(of).sort(([one, a], [other, b]) => b - a || (one < other ? -1 : 1));
  if (states.length === 0) return <p className="quiet">None</p>;
  return (
    <ul className="counts">
      {states.map(([state, number]) => (
        <li key={state}>
          <Link
            to={to}
            search={{ filter: exactly('state', [state]) } as never}
            aria-label={count(number, `${wordOf(state)} ${thing.slice(0, -1)}`)}
          >
            <strong>{number.toLocaleString('en')}</strong> <StateLabel state={state} />
          </Link>
        </li>
      ))}
    </ul>
  );
}
