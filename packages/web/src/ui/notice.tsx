import type { ReactNode } from 'react';

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
      <Title className="notice-title">{props.title}</Title>
      {props.children}
    </div>
  );
}

/** Stands where contents will be. */
export function Skeleton({ lines = 6, label }: { readonly lines?: number; readonly label: string }) {
  const widths = Array.from({ length: lines }, (_, line) => 40 + ((line * 37) % 55));
  return (
    <div className="skeleton" role="status" aria-label={label}>
      {widths.map((width, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they never move
        <div key={line} style={{ inlineSize: `${width}%` }} />
      ))}
    </div>
  );
}
