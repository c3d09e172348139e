import { type ReactNode, useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { Absence } from './file-trouble.tsx';
import { LogFind } from './log-find.tsx';
import { LogReader } from './log-reader.ts';
import { LogView } from './log-view.tsx';
import { downloadUrl, rangeReader } from './read-range.ts';

/** A file of an agent: followed, filtered, looked through, linked to, and downloaded. */
export function LogFile(props: {
  readonly label: string;
  readonly agentId: string;
  /** Of the file, on the agent. */
  readonly path: string;
  /** A place in the file, in bytes, whose line is marked; undefined: none. */
  readonly at: number | undefined;
  readonly onAt: (at: number) => void;
  /** Shown when the file is not there. */
  readonly absence: Absence;
  /** What else is in the bar above the file. */
  readonly children?: ReactNode;
}) {
  const { label, agentId, path, at, onAt, absence, children } = props;
  const [filter, setFilter] = useState('');
  const read = useMemo(() => rangeReader(agentId, path), [agentId, path]);
  const [reader, setReader] = useState<LogReader>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another place is gone to by the reader that there is
  useEffect(() => {
    const opened = new LogReader(read, at);
    void opened.run();
    setReader(opened);
    return () => opened.close();
  }, [read]);
  useEffect(() => {
    if (at !== undefined) reader?.goTo(at);
  }, [reader, at]);
  const go = useCallback(
    (offset: number) => {
      reader?.goTo(offset);
      onAt(offset);
    },
    [reader, onAt],
  );
  // What was never read can be neither filtered nor downloaded.
  const isMissing = useSyncExternalStore(
    listener => reader?.onChange(listener) ?? (() => undefined),
    () => reader?.state.size === undefined && reader?.state.problem !== undefined,
  );
  const view = reader && (
    <LogView
      key={`view ${path}`}
      label={label}
      reader={reader}
      filter={filter}
      at={at}
      onPin={onAt}
      absence={absence}
    />
  );
  if (isMissing) {
    return (
      <>
        {children && <div className="log-bar">{children}</div>}
        {view}
      </>
    );
  }
  return (
    <>
      <div className="log-bar">
        {children}
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
      {/* Keys of siblings differ: of two that are the same, React keeps one too many. */}
      <LogFind key={`find ${path}`} read={read} at={at} onGo={go} />
      {view}
    </>
  );
}
