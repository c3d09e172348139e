import { type ReactNode, useState } from 'react';

/**
 * Shows a part of what is too much for its place, and the rest on demand.
 *
 * @param props.show gets how many there are to be shown, and what stands for the others: a button; undefined: there are no others.
 */
export function ShowMore(props: {
  readonly total: number;
  /** How many are shown at first. */
  readonly first: number;
  /** The words of the button: `Show the other 180 labels`. */
  readonly words: (hidden: number) => string;
  readonly show: (shown: number, more: ReactNode | undefined) => ReactNode;
}) {
  const { total, first, words, show } = props;
  const [isAll, setAll] = useState(false);
  if (isAll || total <= first) return show(total, undefined);
  const more = (
    <button type="button" className="link" onClick={() => setAll(true)}>
      {words(total - first)}
    </button>
  );
  return show(first, more);
}
