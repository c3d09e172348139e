import { memo } from 'react';
import type { Facet } from '../query/facets.ts';

/**
 * Values of columns with the number of rows that have them; those that are checked are demanded by the filter. It is made again when one
 * of these changes: not with each row of the table beside it.
 */
export const FacetList = memo(function FacetList(props: {
  /** `tasks`. */
  readonly things: string;
  readonly facets: readonly Facet[] | undefined;
  /** Titles of columns by their names. */
  readonly titles: Readonly<Record<string, string>>;
  /** Returns how a value of a column is called. */
  readonly titleOf: (column: string, value: string) => string;
  readonly isChosen: (column: string, value: string) => boolean;
  readonly onToggle: (column: string, value: string) => void;
}) {
  const { things, facets = [], titles, titleOf, isChosen, onToggle } = props;
  const nameOf = (column: string, value: string) => (value === '' ? 'none' : titleOf(column, value));
  return (
    <aside className="facets" aria-label={`Narrow ${things} down`}>
      {facets
        .filter(({ values }) => values.some(({ value, count }) => value !== '' || count === 0))
        .map(({ column, values, more }) => (
          <fieldset key={column}>
            <legend>{titles[column]}</legend>
            {values.map(({ value, count }) => (
              <label key={value}>
                <input
                  type="checkbox"
                  checked={isChosen(column, value)}
                  onChange={() => onToggle(column, value)}
                  aria-label={`${titles[column]}: ${nameOf(column, value)}, ${count.toLocaleString('en')}`}
                />
                <span className="facet-value" title={value}>
                  {nameOf(column, value)}
                </span>
                <span className="facet-count">{count.toLocaleString('en')}</span>
              </label>
            ))}
            {more > 0 && <p className="quiet">and {more.toLocaleString('en')} more: type in the filter</p>}
          </fieldset>
        ))}
    </aside>
  );
});
