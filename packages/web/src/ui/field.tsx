import { type ReactNode, useId } from 'react';

/** What an input of a {@link Field} must have. */
export interface FieldInput {
  readonly id: string;
  readonly 'aria-describedby': string;
  readonly 'aria-invalid': boolean;
}

/** A labelled field of a form, with what is wrong in it. */
export function Field(props: {
  readonly label: string;
  /** What may be typed. */
  readonly hint?: ReactNode;
  readonly problem: ReactNode;
  readonly children: (input: FieldInput) => ReactNode;
}) {
  const { label, hint, problem } = props;
  const id = useId();
  const about = `${id}-about`;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {props.children({ id, 'aria-describedby': about, 'aria-invalid': Boolean(problem) })}
      <div id={about}>
        {hint && <p className="quiet">{hint}</p>}
        {problem && (
          <p className="field-problem" role="alert">
            {problem}
          </p>
        )}
      </div>
    </div>
  );
}
