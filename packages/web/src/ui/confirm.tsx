import type { ReactNode } from 'react';
import { useUnfinished } from '../unfinished.ts';
import { Dialog } from './dialog.tsx';

/** Asks before something is done that cannot be taken back. */
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
  const { title, children, problem, isBusy, onConfirm, onClose } = props;
  useUnfinished();
  return (
    <Dialog title={title} isHeld={isBusy} onClose={onClose}>
      {children}
      {problem && (
        <p className="form-problem" role="alert">
          {problem}
        </p>
      )}
      <div className="dialog-buttons">
        <button type="button" disabled={isBusy} onClick={onClose}>
          Cancel
        </button>
        <button type="button" className="primary" aria-disabled={isBusy} onClick={() => isBusy || onConfirm()}>
          {title}
        </button>
      </div>
    </Dialog>
  );
}
