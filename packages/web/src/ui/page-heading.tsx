import { type ReactNode, useEffect } from 'react';

/** Names the tab of the browser, and the page's entry in its history, after what is shown. */
export function PageTitle({ title }: { readonly title: string }) {
  useEffect(() => {
    document.title = `${title} · Meseta`;
  }, [title]);
  return null;
}

/**
 * The heading of a page, which names the tab as well. It has the focus when the page has come: see `focusPage`.
 *
 * @param props.children what follows the title, such as a state.
 */
export function PageHeading({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <>
      <PageTitle title={title} />
      <h1 tabIndex={-1}>
        {title}
        {children !== undefined && <> {children}</>}
      </h1>
    </>
  );
}
