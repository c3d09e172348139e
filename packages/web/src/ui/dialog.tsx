import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';

/**
 * A dialogue in front of the page: it keeps the focus, and gives it back to where it was. Escape closes it, unless it is busy.
 */
export function Dialog(props: {
  readonly title: string;
  /** It must not be closed now. */
  readonly isBusy: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const { title, isBusy, onClose, children } = props;
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  // Before it leaves the page, because a browser gives the focus back only then.
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={element}
      className="dialog"
      aria-labelledby={id}
      // A browser would close it at the second Escape, whatever the page says to the first.
      {...{ closedby: isBusy ? 'none' : 'closerequest' }}
      onCancel={event => {
        event.preventDefault();
        if (!isBusy) onClose();
      }}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}
