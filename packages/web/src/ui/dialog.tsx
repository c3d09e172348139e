import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import { focusPage, isFocusFree } from './focus-page.ts';
import { ignoreHeldEnter } from './held-enter.ts';

/**
 * A dialogue in front of the page while the component is there: it keeps the focus, and gives it back to where it was. Escape closes it,
 * unless it must stay.
 */
export function Dialog(props: {
  readonly title: string;
  /** Whether the title is only for those who do not see the dialogue. Default: it is its heading. */
  readonly isTitleHidden?: boolean;
  /** Of the stylesheet. */
  readonly className?: string;
  /** It must not be closed now. Default: it may. */
  readonly isHeld?: boolean;
  /** Called when the user wants it closed. */
  readonly onClose?: () => void;
  readonly children: ReactNode;
}) {
  const { title, isTitleHidden = false, className, isHeld = false, onClose, children } = props;
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  // Before it leaves the page, because a browser gives the focus back only then.
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => {
      dialog?.close();
      // What opened it is there no more: until the dialogue is, too, the focus is in it.
      if (isFocusFree() || dialog?.contains(document.activeElement)) focusPage();
    };
  }, []);
  return (
    <dialog
      ref={element}
      className={className}
      aria-labelledby={id}
      onKeyDown={ignoreHeldEnter}
      {...{ closedby: isHeld ? 'none' : 'closerequest' }}
      onCancel={event => {
        event.preventDefault();
        if (!isHeld) onClose?.();
      }}
      // Browsers that know no `closedby` close it at the second Escape, whatever the page says to the first.
      onClose={({ currentTarget }) => currentTarget.isConnected && !currentTarget.open && currentTarget.showModal()}
    >
      <h2 id={id} className={isTitleHidden ? 'visually-hidden' : undefined}>
        {title}
      </h2>
      {children}
    </dialog>
  );
}
