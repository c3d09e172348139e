import { useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useCallback } from 'react';
import type { Row } from '../store/table.ts';
import { LogFile } from '../ui/log-file.tsx';
import { Panel } from '../ui/panel.tsx';
import { StateLabel } from '../ui/state-label.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { readTaskSearch, type TaskSearch } from './task-search.ts';

const titles = { overview: 'Overview', log: 'Log' } as const;
/** The name by which agents show their log, where they write one to a file. */
const logPath = '/slave/log';

/** The parts of the page of an agent. @param props.children the first one. */
export function AgentTabs({ row, children }: { readonly row: Row; readonly children: ReactNode }) {
  const search = useSearch({ strict: false }) as TaskSearch;
  const navigate = useNavigate();
  const onAt = useCallback(
    (at: number) => void navigate({ to: '.', search: { tab: 'log', at } as never, replace: true }),
    [navigate],
  );
  const isLog = search.tab === 'log';
  return (
    <>
      <Tabs label="Parts of the agent" titles={titles} current={isLog ? 'log' : 'overview'} />
      {isLog ? (
        <>
          <h1>
            {String(row.hostname)} <StateLabel state={String(row.state)} />
          </h1>
          <Panel title="Log">
            <p className="quiet">
              What the agent writes to the file of <code>--log_dir</code> or <code>--external_log_file</code>.
            </p>
            <LogFile
              label={`Log of ${row.hostname}`}
              agentId={String(row.id)}
              path={logPath}
              at={readTaskSearch({ ...search, tab: 'overview' }).at}
              onAt={onAt}
            />
          </Panel>
        </>
      ) : (
        children
      )}
    </>
  );
}
