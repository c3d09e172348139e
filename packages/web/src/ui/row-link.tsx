import { useRouter } from '@tanstack/react-router';
import type { MouseEvent } from 'react';

/** Links to a page from a row of a table. Those of the router know whether they are active, which costs more than the rest of a row. */
export function RowLink(props: {
  /** An address, see `addresses.ts`. */
  readonly to: string;
  readonly title: string;
  readonly children: string;
}) {
  const { to, title, children } = props;
  const router = useRouter();
  const onClick = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void router.navigate({ to });
  };
  return (
    <a href={`#${to}`} title={title} onClick={onClick}>
      {children}
    </a>
  );
}
