import { Component, type ReactNode } from 'react';
import { Notice } from './notice.tsx';

interface PanelProps {
  readonly title: string;
  readonly children: ReactNode;
}

/** A part of a page with a heading. What fails in it takes nothing else of the page down. */
export function Panel({ title, children }: PanelProps) {
  return (
    <section className="panel" aria-label={title}>
      <h2>{title}</h2>
      <Boundary title={title}>{children}</Boundary>
    </section>
  );
}

/** Whether a module that is loaded later did not come, in the words of browsers and of Vite: trying again in the same page does not help. */
const isOfImport = ({ message }: Error): boolean =>
  /import(ed|ing)\b.*\bmodule|module script|^unable to preload/i.test(message);

class Boundary extends Component<PanelProps, { readonly error: Error | undefined }> {
  override state = { error: undefined };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state as { error: Error | undefined };
    if (error === undefined) return this.props.children;
    return (
      <Notice kind="alert" title={`'${this.props.title}' cannot be shown`}>
        <p>{error.message}</p>
        {isOfImport(error) && (
          <p>A part of the web UI could not be loaded. The master may have another version of it since.</p>
        )}
        {isOfImport(error) ? (
          <button type="button" onClick={() => location.reload()}>
            Reload the page
          </button>
        ) : (
          <button type="button" onClick={() => this.setState({ error: undefined })}>
            Try again
          </button>
        )}
      </Notice>
    );
  }
}
