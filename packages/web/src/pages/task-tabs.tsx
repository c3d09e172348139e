import type { Task } from '@meseta/protocol/browser';
import type { ReactNode } from 'react';
import { SandboxAccess } from '../files/sandbox-access.tsx';
import { Panel } from '../ui/panel.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { TaskFiles } from './task-files.tsx';
import { TaskTerminal } from './task-terminal.tsx';
import { taskTabs, usePlace } from './use-place.ts';

/** The parts of the page of a task. @param props.children the first one. */
export function TaskTabs({ task, children }: { readonly task: Task; readonly children: ReactNode }) {
  const { place } = usePlace(taskTabs);
  return (
    <>
      <Tabs label="Parts of the task" titles={taskTabs} current={place.tab} problems={place.problems} />
      {place.tab === 'overview' ? (
        children
      ) : (
        <Panel title={taskTabs[place.tab]}>
          {place.tab === 'files' ? (
            <SandboxAccess task={task}>
              <TaskFiles task={task} />
            </SandboxAccess>
          ) : (
            <TaskTerminal task={task} />
          )}
        </Panel>
      )}
    </>
  );
}
