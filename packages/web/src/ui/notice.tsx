import { type ReactNode, useEffect, useState } from 'react';
import { PageTitle } from './page-heading.tsx';

/** After how long it is said that there is no answer, in milliseconds. */
const SLOW_MS = 4000;

/** Says in the place of contents why there are none, and what to do next. */
export function Notice(props: {
  readonly title: string;
  readonly children?: ReactNode;
  /** `alert`: something has failed. Default: a plain message. */
  readonly kind?: 'alert';
  /** Whether it is all of the page, whose heading is the title then. Default: a part. */
  readonly isPage?: boolean;
}) {
  const Title = props.isPage ? 'h1' : 'p';
  return (
    <div className="notice" role={props.kind ?? 'status'}>
      {props.isPage && <PageTitle title={props.title} />}
      <Title className="notice-title" tabIndex={props.isPage ? -1 : undefined}>
        {props.title}
      </Title>
      {props.children}
    </div>
  );
}

/** Stands where contents will be, and says so when they are late. */
export function Skeleton(props: {
  readonly lines?: number;
  readonly label: string;
  /** What it waits for: `The agent`. Default: the master. */
  readonly waitsFor?: string;
}) {
  const { lines = 6, label, waitsFor = 'The master' } = props;
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, []);
  const widths = Array.from({ length: lines }, (_, line) => 40 + ((line * 37) % 55));
  return (
    <div className="skeleton" role="status" aria-label={label}>
      {isLate && <p className="quiet">{waitsFor} has not answered yet.</p>}
      {widths.map((width, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they never move
        <div key={line} style={{ inlineSize: `${width}%` }} />
      ))}
    </div>
  );
}
