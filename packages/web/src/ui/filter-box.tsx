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
  const [typed, setTyped] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const id = useId();
  useEffect(() => setTyped(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const change = (text: string) => {
    setTyped(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onChange(text), PAUSE_MS);
  };
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
