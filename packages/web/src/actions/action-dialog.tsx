import { type FormEvent, useEffect, useId, useRef } from 'react';
import { ProblemText } from '../answers/trouble.tsx';
import { useIsLive } from '../feed/hooks.ts';
import { TaskCountNote } from '../permissions/part-note.tsx';
import { usePrincipal } from '../session/hooks.ts';
import { Dialog } from '../ui/dialog.tsx';
import { focusProblem, formProblem } from '../ui/focus-problem.ts';
import { useUnfinished } from '../unfinished.ts';
import type { Action } from './action.ts';
import { FormFields, TypedField } from './form-fields.tsx';
import { TYPED, useAttempt } from './use-attempt.ts';
import { useReasons } from './use-reasons.ts';

/** Asks before an action, sends it, and stays until the master has answered. */
export function ActionDialog<T>(props: {
  readonly action: Action<T>;
  readonly of: T;
  /** Whether the cluster has the thing; it is as it was last otherwise. */
  readonly isThere: boolean;
  readonly onClose: () => void;
}) {
  const { action, of, isThere, onClose } = props;
  useUnfinished();
  const fields = action.fields?.(of) ?? [];
  const principal = usePrincipal();
  const { attempt, edit, submit } = useAttempt(action, of, fields, principal, onClose);
  const { phase, values, problems, refusal, refusedAt, failures } = attempt;
  const isSending = phase === 'sending';
  const [why] = useReasons([action], of, values);
  const isMissing = useIsLive() && !isThere;
  const now = isMissing ? `The cluster does not have the ${action.object(of)} now.` : why;
  // While it is being sent, the state may change already because of it.
  const reason = isSending ? undefined : now;
  const [reasonId, consequenceId] = [useId(), useId()];
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (failures > 0) focusProblem(form.current);
  }, [failures]);
  const typed = action.typed?.(of, values);
  const shown = fields.filter(({ name, after }) => after === undefined || after === refusal?.code || values[name]);
  const isPlaced = shown.some(({ name }) => name === refusedAt);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (reason === undefined) submit();
  };
  const title = `${action.title}: ${action.object(of)}`;
  return (
    <Dialog title={title} isHeld={isSending} onClose={onClose}>
      <form ref={form} onSubmit={onSubmit} noValidate aria-describedby={consequenceId}>
        <p id={consequenceId}>{action.consequence(of, values)}</p>
        {action.countsTasks && <TaskCountNote />}
        <FormFields fields={shown} values={values} problems={problems} isLocked={isSending} onChange={edit} />
        {typed !== undefined && (
          <TypedField
            text={typed}
            value={values[TYPED] ?? ''}
            problem={problems[TYPED]}
            isLocked={isSending}
            onChange={value => edit(TYPED, value)}
          />
        )}
        {refusal && (
          <p {...formProblem}>
            {refusal.status === undefined ? 'No answer.' : 'The master has refused it.'}{' '}
            <ProblemText problem={isPlaced ? { ...refusal, message: '' } : refusal} />
          </p>
        )}
        {reason !== undefined && (
          <p className="form-problem" id={reasonId} role="alert">
            {reason}
          </p>
        )}
        <div className="dialog-buttons">
          <button type="button" onClick={onClose} disabled={isSending}>
            Cancel
          </button>
          <button
            type="submit"
            className="primary"
            aria-disabled={isSending || reason !== undefined}
            aria-describedby={reason === undefined ? undefined : reasonId}
          >
            {isSending ? 'Waiting for the master' : (action.verb ?? action.title)}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
