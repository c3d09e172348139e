import { type ReactNode, useId } from 'react';
import type { FieldProblems, RunField, RunValues } from './run-form.ts';

/** What all fields of a form have in common. */
export interface FormState {
  readonly values: RunValues;
  readonly problems: FieldProblems;
  set(field: RunField, value: string): void;
}

interface FieldProps {
  readonly form: FormState;
  readonly field: RunField;
  readonly label: string;
  readonly hint?: string;
}

/** A line of text. */
export function TextField(props: FieldProps & { readonly numeric?: boolean }) {
  const { form, field, numeric } = props;
  return (
    <Labelled {...props}>
      {more => (
        <input
          {...more}
          type="text"
          spellCheck={false}
          autoComplete="off"
          {...(numeric && { inputMode: 'decimal' as const })}
          value={form.values[field]}
          onChange={({ target }) => form.set(field, target.value)}
        />
      )}
    </Labelled>
  );
}

/** Several lines of text. */
export function LinesField(props: FieldProps & { readonly rows?: number }) {
  const { form, field, rows = 3 } = props;
  return (
    <Labelled {...props}>
      {more => (
        <textarea
          {...more}
          rows={rows}
          spellCheck={false}
          value={form.values[field]}
          onChange={({ target }) => form.set(field, target.value)}
        />
      )}
    </Labelled>
  );
}

/** One of several choices. */
export function ChoiceField(
  props: FieldProps & { readonly choices: readonly (readonly [value: string, label: string])[] },
) {
  const { form, field, label, choices } = props;
  return (
    <fieldset className="run-choice">
      <legend>{label}</legend>
      {choices.map(([value, words]) => (
        <label key={value}>
          <input
            type="radio"
            name={field}
            value={value}
            checked={form.values[field] === value}
            onChange={() => form.set(field, value)}
          />{' '}
          {words}
        </label>
      ))}
    </fieldset>
  );
}

interface Described {
  readonly id: string;
  readonly 'aria-invalid'?: true;
  readonly 'aria-describedby'?: string;
}

/** A label, a hint, and what is wrong, tied to the field for who cannot see it. */
function Labelled({
  form,
  field,
  label,
  hint,
  children,
}: FieldProps & { readonly children: (more: Described) => ReactNode }) {
  const id = useId();
  const problem = form.problems[field];
  const described = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(' ');
  return (
    <div className="run-field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        ...(problem !== undefined && { 'aria-invalid': true as const }),
        ...(described && { 'aria-describedby': described }),
      })}
      {hint && (
        <p id={`${id}-hint`} className="quiet">
          {hint}
        </p>
      )}
      {problem !== undefined && (
        <p id={`${id}-problem`} className="run-problem">
          {problem}
        </p>
      )}
    </div>
  );
}
