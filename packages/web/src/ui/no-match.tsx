import { Notice } from './notice.tsx';

/** Stands in the place of a table whose filter leaves nothing. */
export function NoMatch(props: {
  /** `task`. */
  readonly thing: string;
  readonly onClear: () => void;
}) {
  return (
    <Notice title={`No ${props.thing} matches this filter`}>
      <button type="button" onClick={props.onClear}>
        Clear the filter
      </button>
    </Notice>
  );
}
