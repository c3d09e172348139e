import type { Task } from '@meseta/protocol/browser';
import { useEffect, useState } from 'react';
import { LogReader } from '../logs/log-reader.ts';
import { downloadUrl, rangeReader } from '../logs/read-range.ts';
import { sandboxPath } from '../logs/sandbox-path.ts';
import { LogView } from '../ui/log-view.tsx';

const files = ['stdout', 'stderr'] as const;

/** What a task writes, as it writes it: read from its agent, through the master. */
export function TaskOutput({ task }: { readonly task: Task }) {
  const [file, setFile] = useState<(typeof files)[number]>('stdout');
  const [filter, setFilter] = useState('');
  const agentId = task.agent_id.value;
  const path = `${sandboxPath(task)}/${file}`;
  const reader = useLogReader(agentId, path);
  return (
    <>
      <div className="log-bar">
        <fieldset>
          <legend>File</legend>
          {files.map(each => (
            <label key={each}>
              <input type="radio" name="file" checked={each === file} onChange={() => setFile(each)} /> {each}
            </label>
          ))}
        </fieldset>
        <input
          type="search"
          aria-label="Lines that contain"
          placeholder="lines that contain …"
          value={filter}
          onChange={event => setFilter(event.target.value)}
        />
        <a href={downloadUrl(agentId, path)} download>
          Download
        </a>
      </div>
      {reader && <LogView key={path} label={`${file} of ${task.task_id.value}`} reader={reader} filter={filter} />}
    </>
  );
}

/** Returns what follows a file while the component shows it. */
function useLogReader(agentId: string, path: string): LogReader | undefined {
  const [reader, setReader] = useState<LogReader>();
  useEffect(() => {
    const opened = new LogReader(rangeReader(agentId, path));
    void opened.run();
    setReader(opened);
    return () => opened.close();
  }, [agentId, path]);
  return reader;
}
