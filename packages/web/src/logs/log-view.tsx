import { useVirtualizer } from '@tanstack/react-virtual';
import { type RefObject, useMemo, useRef, useSyncExternalStore } from 'react';
import { bytes } from '../ui/format.ts';
import { Skeleton } from '../ui/notice.tsx';
import { coloursBefore } from './ansi.ts';
import { AnsiText } from './ansi-text.tsx';
import { type Absence, FileTrouble } from './file-trouble.tsx';
import { indexBefore, lineAt } from './line-at.ts';
import type { Line } from './line-buffer.ts';
import type { LogReader, LogState } from './log-reader.ts';
import { useSteadyScroll } from './steady-scroll.ts';

const LINE_HEIGHT = 18;
/** The reader is at the beginning when less than this is above, in pixels. */
const NEAR = 2 * LINE_HEIGHT;

interface LogViewProps {
  readonly label: string;
  readonly reader: LogReader;
  /** What to show of it: lines that contain this. */
  readonly filter: string;
  /** A place in the file, in bytes, whose line is marked and shown; undefined: none. */
  readonly at: number | undefined;
  /** Called with the place of a line that a link is wanted to. */
  readonly onPin: (offset: number) => void;
  readonly absence: Absence;
}

/** A file that grows: it stays at the end while the reader is there, and where the reader is otherwise. */
export function LogView(props: LogViewProps) {
  const { label, reader, filter, at, onPin, absence } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const state = useSyncExternalStore(
    listener => reader.onChange(listener),
    () => reader.state,
  );
  const { lines, size, start, broken, outdated, problem } = state;
  const shown = useMemo(
    () => (filter === '' ? lines : lines.filter(({ plain }) => plain.includes(filter.toLowerCase()))),
    [lines, filter],
  );
  if (size === undefined) {
    return problem ? (
      <LogTrouble reader={reader} absence={absence} />
    ) : (
      <Skeleton label={`Loading ${label}`} waitsFor="The agent" />
    );
  }
  return (
    <>
      {problem && <LogTrouble reader={reader} absence={absence} />}
      <p className="table-count" role="status">
        {bytes(size)}
        {broken && !outdated && `; the file was ${broken} and is shown from its new beginning`}
        {outdated && `; the file was ${outdated} since: these lines are of before`}
        {at !== undefined &&
          !state.isArriving &&
          at >= size &&
          '; the line of the link is not in it: the file ends before'}
        {start > 0 && !outdated && '; earlier lines come when you scroll up'}
        {!state.isFollowing && '; paused'}
        {filter !== '' &&
          `; ${shown.length.toLocaleString('en')} of ${lines.length.toLocaleString('en')} lines that are here`}
      </p>
      <LogLines {...props} state={state} shown={shown} scroller={scroller} />
      <div className="log-moves">
        {filter !== '' && start > 0 && (
          <button type="button" onClick={() => void reader.readEarlier()}>
            Look in earlier lines
          </button>
        )}
        <button
          type="button"
          disabled={shown.length === 0}
          onClick={() => {
            const first = shown[Math.ceil((scroller.current?.scrollTop ?? 0) / LINE_HEIGHT)];
            if (first) onPin(first.offset);
          }}
        >
          Link to the first line that is seen
        </button>
        <button type="button" onClick={() => reader.goTo(0)}>
          Go to the beginning
        </button>
        {state.isFollowing ? (
          <button type="button" onClick={() => reader.follow(false)}>
            Pause
          </button>
        ) : (
          <button type="button" onClick={() => reader.follow(true)}>
            Go to the end and follow
          </button>
        )}
      </div>
    </>
  );
}

interface LogLinesProps extends LogViewProps {
  readonly state: LogState;
  readonly shown: readonly Line[];
  readonly scroller: RefObject<HTMLDivElement | null>;
}

/** The lines that are seen, of those that are here. */
function LogLines({ label, reader, filter, at, onPin, state, shown, scroller }: LogLinesProps) {
  const virtualizer = useVirtualizer({
    count: shown.length,
    estimateSize: () => LINE_HEIGHT,
    getScrollElement: () => scroller.current,
    overscan: 20,
  });
  const meaning = useSteadyScroll({ scroller, state, shown, lineHeight: LINE_HEIGHT, isWhole: filter === '' });
  const marked = lineAt(shown, at);
  const onScroll = () => {
    const moved = meaning();
    // The end of what is here need not be that of the file.
    if (moved === 'atEnd' && state.end < (state.size ?? 0) && !state.isFollowing) void reader.readLater();
    else if (moved) reader.follow(moved === 'atEnd');
    if ((scroller.current?.scrollTop ?? NEAR) < NEAR) void reader.readEarlier();
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard
    <div className="log" ref={scroller} onScroll={onScroll} tabIndex={0} role="log" aria-label={label}>
      <div className="log-lines" style={{ blockSize: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ index, start: top }) => {
          const line = shown[index];
          return (
            <div
              key={line?.offset ?? index}
              className="log-line"
              aria-current={index === marked ? 'location' : undefined}
              style={{ transform: `translateY(${top}px)` }}
            >
              {/* The button below the lines does the same by keyboard. */}
              <button
                type="button"
                className="log-pin"
                tabIndex={-1}
                aria-label="Link to this line"
                onClick={() => line && onPin(line.offset)}
              />
              <span>
                <AnsiText
                  text={line?.text ?? ''}
                  before={line ? coloursBefore(state.lines, indexBefore(state.lines, line.offset)) : ''}
                />
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

function LogTrouble({ reader, absence }: { readonly reader: LogReader; readonly absence: Absence }) {
  const { problem } = reader.state;
  if (problem === undefined) return null;
  return <FileTrouble thing="file" problem={problem} absence={absence} onRetry={() => reader.retry()} />;
}
