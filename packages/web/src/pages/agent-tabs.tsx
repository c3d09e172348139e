import { type ReactNode, useCallback } from 'react';
import { LogAbsence } from '../agent/log-absence.tsx';
import { LogFile } from '../logs/log-file.tsx';
import type { Row } from '../store/table.ts';
import { PageHeading } from '../ui/page-heading.tsx';
import { Panel } from '../ui/panel.tsx';
import { StateLabel } from '../ui/state-label.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { agentTabs, usePlace } from './use-place.ts';

/** The name by which agents show their log, where they write one to a file. */
const logPath = '/slave/log';

/** The parts of the page of an agent. @param props.children the first one. */
export function AgentTabs({ row, children }: { readonly row: Row; readonly children: ReactNode }) {
  const { place, go } = usePlace(agentTabs);
  const onAt = useCallback((at: number) => go({ tab: 'log', at }), [go]);
  return (
    <>
      <PageHeading title={String(row.hostname)}>
        <StateLabel state={String(row.state)} />
      </PageHeading>
      <Tabs label="Parts of the agent" titles={agentTabs} current={place.tab} problems={place.problems} />
      {place.tab === 'overview' ? (
        children
      ) : (
        <Panel title="Log">
          <LogFile
            label={`Log of ${row.hostname}`}
            agentId={String(row.id)}
            path={logPath}
            at={place.at}
            onAt={onAt}
            absence={onRetry => <LogAbsence agentId={String(row.id)} onRetry={onRetry} />}
          />
        </Panel>
      )}
    </>
  );
}
