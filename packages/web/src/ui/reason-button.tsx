import { type ReactNode, type RefObject, useId } from 'react';
import { ignoreHeldEnter } from './held-enter.ts';

/** A button that is there also when it cannot be used: the keyboard reaches it, and its reason is read out. */
export function ReasonButton(props: {
  /** Why it cannot be used; undefined: it can. */
  readonly reason: string | undefined;
  /** Where the reason is seen. Default: beside the button. */
  readonly place?: 'beside' | 'tooltip';
  /** What waits for an answer already: another press does nothing. Default: nothing does. */
  readonly isBusy?: boolean;
  /** Its name for those who do not see in which row it is. Default: its text. */
  readonly label?: string | undefined;
  /** Default: it is the button that submits its form. A form is submitted by its fields as well: it must look at the reason. */
  readonly onPress?: () => void;
  readonly opensDialog?: boolean;
  readonly button?: RefObject<HTMLButtonElement | null>;
  readonly children: ReactNode;
}) {
  const { reason, place = 'beside', isBusy = false, label, onPress, opensDialog, button, children } = props;
  const id = useId();
  const isUsable = reason === undefined && !isBusy;
  return (
    <span className="action">
      <button
        ref={button}
        type={onPress ? 'button' : 'submit'}
        aria-label={label}
        aria-haspopup={opensDialog ? 'dialog' : undefined}
        aria-disabled={!isUsable}
        aria-describedby={reason === undefined ? undefined : id}
        onKeyDown={ignoreHeldEnter}
        onClick={event => {
          if (isUsable) onPress?.();
          else event.preventDefault();
        }}
      >
        {children}
      </button>
      {reason !== undefined && (
        <span id={id} role={place === 'tooltip' ? 'tooltip' : undefined} className="action-reason" data-place={place}>
          {reason}
        </span>
      )}
    </span>
  );
}
