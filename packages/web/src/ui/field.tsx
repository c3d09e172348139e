import { type ReactNode, useId } from 'react';

/** What the input of a {@link Field} must have. */
export interface FieldInput {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': boolean;
}

/** A labelled field of a form, with what may be put in and what is wrong with it. */
export function Field(props: {
  readonly label: string;
  /** What may be put in. */
  readonly hint?: ReactNode;
  /** What is wrong; undefined: nothing is. */
  readonly problem: ReactNode;
  /** The input is a box, which stands before its label. Default: below it. */
  readonly isBox?: boolean;
  readonly children: (input: FieldInput) => ReactNode;
}) {
  const { label, hint, problem, isBox = false, children } = props;
  const id = useId();
  const about = [problem && `${id}-problem`, hint && `${id}-hint`].filter(Boolean).join(' ') || undefined;
  return (
    <div className="field" data-box={isBox}>
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': about, 'aria-invalid': Boolean(problem) })}
      {hint && (
        <p id={`${id}-hint`} className="field-hint">
          {hint}
        </p>
      )}
      {problem && (
        <p id={`${id}-problem`} className="field-problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
