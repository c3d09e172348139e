import { type ReactNode, useEffect, useRef } from 'react';

/** Asks before something is done that cannot be taken back. It is open for as long as it exists. */
export function Confirm(props: {
  /** What is done: `Take 3 machines down`. */
  readonly title: string;
  /** What comes of it. */
  readonly children: ReactNode;
  /** What has failed, when it was tried. */
  readonly problem: ReactNode;
  readonly isBusy: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}) {
  const { title, problem, isBusy, onConfirm, onClose } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="confirm" aria-label={title} onClose={onClose}>
      <h2>{title}</h2>
      {props.children}
      {problem && (
        <p className="field-problem" role="alert">
          {problem}
        </p>
      )}
      <div className="form-buttons">
        <button type="button" disabled={isBusy} onClick={onConfirm}>
          {title}
        </button>
        <button type="button" onClick={() => dialog.current?.close()}>
          Cancel
        </button>
      </div>
    </dialog>
  );
}
