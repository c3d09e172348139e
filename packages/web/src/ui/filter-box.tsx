import { useEffect, useId, useRef, useState } from 'react';
import type { FilterProblem } from '../query/filter.ts';

/** How long the user must pause in typing before the filter goes into the address, in milliseconds. */
const PAUSE_MS = 120;

/** A field for a filter, with what in it cannot be used. */
export function FilterBox(props: {
  readonly label: string;
  readonly example: string;
  readonly value: string;
  readonly problems: readonly FilterProblem[];
  readonly onChange: (filter: string) => void;
}) {
  const { value, problems, onChange } = props;
  const id = useId();
  const [typed, change] = useTyped(value, onChange);
  return (
    <div className="filter">
      <input
        type="search"
        aria-label={props.label}
        aria-describedby={id}
        aria-invalid={problems.length > 0}
        placeholder={props.example}
        value={typed}
        spellCheck={false}
        onChange={event => change(event.target.value)}
      />
      <ul id={id} className="filter-problems" aria-live="polite">
        {problems.map(({ text, reason }) => (
          <li key={text}>
            <code>{text}</code> is left out. {reason}
          </li>
        ))}
      </ul>
    </div>
  );
}

/**
 * Keeps what is typed, which goes into the address a moment later.
 *
 * @returns what the field shows, and what takes a change of it.
 */
function useTyped(value: string, onChange: (text: string) => void): [string, (text: string) => void] {
  const [typed, setTyped] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  /** What was passed on and has not come back: meanwhile more may have been typed, which must stay. */
  const passedOn = useRef<string[]>([]);
  // That of the moment of typing knows nothing of an order or a group that is chosen during the pause.
  const latest = useRef(onChange);
  useEffect(() => {
    latest.current = onChange;
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    const at = passedOn.current.indexOf(value);
    passedOn.current = at < 0 ? [] : passedOn.current.slice(at + 1);
    if (at >= 0) return;
    clearTimeout(timer.current);
    setTyped(value);
  }, [value]);
  const change = (text: string) => {
    setTyped(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      passedOn.current.push(text);
      latest.current(text);
    }, PAUSE_MS);
  };
  return [typed, change];
}
