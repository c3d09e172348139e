import type { Task } from '@meseta/protocol/browser';
import { useCallback } from 'react';
import { Directory } from '../files/directory.tsx';
import { crumbs, directoryPath, placeIn } from '../files/listing.ts';
import { SandboxAbsence } from '../files/sandbox-absence.tsx';
import type { Absence } from '../logs/file-trouble.tsx';
import { LogFile } from '../logs/log-file.tsx';
import { executorPath, sandboxPath } from '../logs/sandbox-path.ts';
import { taskTabs, usePlace } from './use-place.ts';

/** The files of a task, in its sandbox: directories, and one file at a time. */
export function TaskFiles({ task }: { readonly task: Task }) {
  const { place, go } = usePlace(taskTabs);
  const { path, file, at } = place;
  const agentId = task.agent_id.value;
  const sandbox = sandboxPath(task);
  const executor = executorPath(task);
  const directory = directoryPath(sandbox, path);
  const absence = (thing: 'file' | 'directory', missing: string): Absence => {
    return onRetry => <SandboxAbsence task={task} thing={thing} path={missing} onRetry={onRetry} />;
  };
  const where = path === '' ? {} : { path };
  const onAt = useCallback(
    (offset: number) => go({ tab: 'files', ...(path !== '' && { path }), file: file ?? '', at: offset }),
    [go, path, file],
  );
  return (
    <>
      <Crumbs path={path} file={file} onGo={to => go({ tab: 'files', ...(to !== '' && { path: to }) })} />
      {executor !== sandbox && path !== executor && (
        <p>
          <button type="button" className="link" onClick={() => go({ tab: 'files', path: executor })}>
            The sandbox of its executor
          </button>
        </p>
      )}
      {file === undefined ? (
        <Directory
          key={directory}
          agentId={agentId}
          path={directory}
          absence={absence('directory', directory)}
          onDirectory={name => go({ tab: 'files', path: placeIn(path, name) })}
          onFile={name => go({ tab: 'files', ...where, file: name })}
        />
      ) : (
        <LogFile
          key={`${directory}/${file}`}
          label={file}
          agentId={agentId}
          path={`${directory}/${file}`}
          at={at}
          absence={absence('file', `${directory}/${file}`)}
          onAt={onAt}
        />
      )}
    </>
  );
}

function Crumbs(props: {
  readonly path: string;
  readonly file: string | undefined;
  readonly onGo: (path: string) => void;
}) {
  const { path, file, onGo } = props;
  const steps = [{ name: 'sandbox', path: '' }, ...crumbs(path)];
  return (
    <nav className="crumbs" aria-label="Directory">
      <ol>
        {steps.map((step, index) => (
          <li key={step.path}>
            {index === steps.length - 1 && file === undefined ? (
              <span aria-current="location">{step.name}</span>
            ) : (
              <button type="button" className="link" onClick={() => onGo(step.path)}>
                {step.name}
              </button>
            )}
          </li>
        ))}
        {file !== undefined && (
          <li>
            <span aria-current="location">{file}</span>
          </li>
        )}
      </ol>
    </nav>
  );
}
