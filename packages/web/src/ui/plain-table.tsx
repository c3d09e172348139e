// biome-ignore-all lint/a11y/useSemanticElements: a fieldset is for the fields of a form
import type { ReactNode } from 'react';

/** A table of few rows, which scrolls when it is wider than its place. Children are its rows. */
export function PlainTable(props: {
  readonly label: string;
  readonly columns: readonly string[];
  readonly children: ReactNode;
}) {
  const { label, columns } = props;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard
    <div className="table-scroller" tabIndex={0} role="group" aria-label={`${label}, scrollable`}>
      <table className="plain-table" aria-label={label}>
        <thead>
          <tr>
            {columns.map(title => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </div>
  );
}
