import { useVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { LogReader } from '../logs/log-reader.ts';
import { AnsiText } from './ansi-text.tsx';
import { bytes } from './format.ts';
import { Notice, Skeleton } from './notice.tsx';

const LINE_HEIGHT = 18;
/** The reader is at the end when less than this is below, in pixels. */
const NEAR = 2 * LINE_HEIGHT;

/** A file that grows: it stays at the end while the reader is there, and where the reader is otherwise. */
export function LogView(props: {
  readonly label: string;
  readonly reader: LogReader;
  /** What to show of it: lines that contain this. */
  readonly filter: string;
}) {
  const { label, reader, filter } = props;
  const state = useSyncExternalStore(
    listener => reader.onChange(listener),
    () => reader.state,
  );
  const { lines, shift, size, start, broken, problem } = state;
  const shown = useMemo(
    () => (filter === '' ? lines : lines.filter(({ text }) => text.toLowerCase().includes(filter.toLowerCase()))),
    [lines, filter],
  );
  const scroller = useRef<HTMLDivElement>(null);
  const [isFollowing, setFollowing] = useState(true);
  const virtualizer = useVirtualizer({
    count: shown.length,
    estimateSize: () => LINE_HEIGHT,
    getScrollElement: () => scroller.current,
    overscan: 20,
  });
  const lastShift = useRef(shift);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other lines move the end
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    if (isFollowing) element.scrollTop = element.scrollHeight;
    // What comes or goes above moves what the reader looks at.
    else if (filter === '') element.scrollTop += (shift - lastShift.current) * LINE_HEIGHT;
    lastShift.current = shift;
  }, [shown, shift, isFollowing, filter]);
  const onScroll = () => {
    const element = scroller.current;
    if (element === null) return;
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    setFollowing(isAtEnd);
    reader.follow(isAtEnd);
    if (element.scrollTop < NEAR) void reader.readEarlier();
  };
  if (size === undefined) {
    return problem ? <LogTrouble reader={reader} /> : <Skeleton label={`Loading ${label}`} />;
  }
  return (
    <>
      {problem && <LogTrouble reader={reader} />}
      <p className="table-count" role="status">
        {bytes(size)}
        {broken && `; the file was ${broken} and is shown from its new beginning`}
        {start > 0 && '; earlier lines come when you scroll up'}
        {filter !== '' &&
          `; ${shown.length.toLocaleString('en')} of ${lines.length.toLocaleString('en')} lines that are here`}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard */}
      <div className="log" ref={scroller} onScroll={onScroll} tabIndex={0} role="log" aria-label={label}>
        <div className="log-lines" style={{ blockSize: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ index, start: top }) => {
            const line = shown[index];
            return (
              <div key={line?.offset ?? index} className="log-line" style={{ transform: `translateY(${top}px)` }}>
                <AnsiText text={line?.text ?? ''} />
              </div>
            );
          })}
        </div>
      </div>
      {filter !== '' && start > 0 && (
        <button type="button" onClick={() => void reader.readEarlier()}>
          Look in earlier lines
        </button>
      )}
      {!isFollowing && (
        <button
          type="button"
          onClick={() => {
            setFollowing(true);
            reader.follow(true);
          }}
        >
          Go to the end and follow
        </button>
      )}
    </>
  );
}

function LogTrouble({ reader }: { readonly reader: LogReader }) {
  const { problem } = reader.state;
  const isGone = problem?.status === 404 && problem.code !== 'AGENT_NOT_FOUND';
  return (
    <Notice
      kind="alert"
      title={
        isGone
          ? 'The file is not there: it is not written yet, or its sandbox was garbage-collected'
          : 'The file cannot be read'
      }
    >
      <p>
        {problem?.message} {problem && <code>{problem.code}</code>}
      </p>
      <button type="button" onClick={() => reader.retry()}>
        Try again
      </button>
    </Notice>
  );
}
