import { useEffect, useState, useSyncExternalStore } from 'react';
import { FileFinder, type FindState, MOST_FOUND, neighbour } from './file-finder.ts';
import type { ReadRange } from './log-reader.ts';

const nothing: FindState = { found: [], searched: 0, size: undefined, phase: 'complete', problem: undefined };

/** Looks for a text in the whole of a file, and goes from one line that contains it to another. */
export function LogFind(props: {
  readonly read: ReadRange;
  /** Where the reader is; undefined: at no line in particular. */
  readonly at: number | undefined;
  readonly onGo: (offset: number) => void;
}) {
  const { read, at, onGo } = props;
  const [text, setText] = useState('');
  const [search, setSearch] = useState<{ readonly finder: FileFinder; readonly text: string }>();
  const finder = search?.finder;
  const state = useSyncExternalStore(
    listener => finder?.onChange(listener) ?? (() => undefined),
    () => finder?.state ?? nothing,
  );
  useEffect(() => () => finder?.cancel(), [finder]);
  const [isShown, setShown] = useState(true);
  const last = state.found.at(-1);
  useEffect(() => {
    if (isShown || last === undefined) return;
    setShown(true);
    onGo(last);
  }, [isShown, last, onGo]);
  const go = (direction: 'next' | 'previous') => {
    if (state.found.length > 0) onGo(neighbour(state.found, at, direction));
  };
  const begin = () => {
    const opened = new FileFinder(read, text);
    setSearch({ finder: opened, text });
    setShown(false);
    void opened.run();
  };
  return (
    <form
      className="log-find"
      aria-label="In the whole file"
      onSubmit={event => {
        event.preventDefault();
        if (text === '') setSearch(undefined);
        else if (text === search?.text && state.found.length > 0) go('previous');
        else begin();
      }}
    >
      <input
        type="search"
        aria-label="Find in the whole file"
        placeholder="find in the whole file …"
        value={text}
        onChange={event => setText(event.target.value)}
        onKeyDown={event => {
          if (event.key !== 'Enter' || !event.shiftKey) return;
          event.preventDefault();
          go('next');
        }}
      />
      <button type="submit" hidden>
        Find
      </button>
      <button type="button" disabled={state.found.length === 0} onClick={() => go('previous')}>
        Previous
      </button>
      <button type="button" disabled={state.found.length === 0} onClick={() => go('next')}>
        Next
      </button>
      {search && state.phase === 'searching' && (
        <button type="button" onClick={() => finder?.cancel()}>
          Cancel
        </button>
      )}
      <span role="status">{search && words(state, at)}</span>
    </form>
  );
}

/** Says how many lines there are, which one is marked, and how much of the file was looked through. */
function words({ found, phase, searched, size, problem }: FindState, at: number | undefined): string {
  const index = at === undefined ? -1 : found.indexOf(at);
  const number = found.length.toLocaleString('en');
  const lines = index < 0 ? `${number} ${found.length === 1 ? 'line' : 'lines'}` : `line ${index + 1} of ${number}`;
  const part = size ? Math.floor((100 * searched) / size) : 0;
  switch (phase) {
    case 'searching':
      return `${lines} so far; ${part} % of the file looked through`;
    case 'complete':
      return found.length === 0 ? 'no line contains it' : lines;
    case 'enough':
      return `${lines}: the last ${MOST_FOUND.toLocaleString('en')} that contain it`;
    case 'changed':
      return `${lines}; the file was rotated or truncated meanwhile`;
    case 'cancelled':
      return `${lines} in the last ${part} % of the file`;
    case 'failed':
      return `${lines}; the file cannot be read: ${problem?.message ?? ''}`;
    default:
      throw new Error(`unhandled phase ${phase satisfies never}`);
  }
}
