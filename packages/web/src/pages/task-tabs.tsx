import type { Task } from '@meseta/protocol/browser';
import type { ReactNode } from 'react';
import { Panel } from '../ui/panel.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { TaskFiles } from './task-files.tsx';
import type { TaskTab } from './task-search.ts';
import { TaskTerminal } from './task-terminal.tsx';
import { useTaskPlace } from './use-task-place.ts';

const titles: Readonly<Record<TaskTab, string>> = { overview: 'Overview', files: 'Files', terminal: 'Terminal' };

/** The parts of the page of a task. @param props.children the first one. */
export function TaskTabs({ task, children }: { readonly task: Task; readonly children: ReactNode }) {
  const { place } = useTaskPlace();
  return (
    <>
      <Tabs label="Parts of the task" titles={titles} current={place.tab} />
      {place.problems.map(problem => (
        <p key={problem} className="address-problem" role="status">
          {problem}. It is left out.
        </p>
      ))}
      {place.tab === 'overview' ? (
        children
      ) : (
        <Panel title={titles[place.tab]}>
          {place.tab === 'files' ? <TaskFiles task={task} /> : <TaskTerminal task={task} />}
        </Panel>
      )}
    </>
  );
}
