import type { Task } from '@meseta/protocol/browser';
import { useCallback } from 'react';
import { SandboxAbsence } from '../files/sandbox-absence.tsx';
import { LogFile } from '../logs/log-file.tsx';
import { sandboxPath } from '../logs/sandbox-path.ts';
import { taskTabs, usePlace } from './use-place.ts';

const files = ['stdout', 'stderr'] as const;

/** What a task writes, as it writes it: read from its agent, through the master. */
export function TaskOutput({ task }: { readonly task: Task }) {
  const { place, go } = usePlace(taskTabs);
  const file = files.find(each => each === place.file) ?? 'stdout';
  const onAt = useCallback((at: number) => go({ file, at }), [go, file]);
  const path = `${sandboxPath(task)}/${file}`;
  return (
    <LogFile
      label={`${file} of ${task.task_id.value}`}
      agentId={task.agent_id.value}
      path={path}
      at={place.at}
      onAt={onAt}
      absence={onRetry => <SandboxAbsence task={task} thing="file" path={path} onRetry={onRetry} />}
    >
      <fieldset className="choice">
        <legend>File</legend>
        {files.map(each => (
          <label key={each}>
            <input type="radio" name="file" checked={each === file} onChange={() => go({ file: each })} /> {each}
          </label>
        ))}
      </fieldset>
    </LogFile>
  );
}
