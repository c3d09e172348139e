import { Field } from '../ui/field.tsx';
import { TextInput } from '../ui/text-input.tsx';
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
export function TextField({
  form,
  field,
  label,
  hint,
  isAmount = false,
}: FieldProps & { readonly isAmount?: boolean }) {
  return (
    <Field label={label} hint={hint} problem={form.problems[field]}>
      {input => (
        <TextInput
          {...input}
          isAmount={isAmount}
          value={form.values[field]}
          onChange={value => form.set(field, value)}
        />
      )}
    </Field>
  );
}

/** Several lines of text. */
export function LinesField({ form, field, label, hint }: FieldProps) {
  return (
    <Field label={label} hint={hint} problem={form.problems[field]}>
      {input => (
        <textarea
          {...input}
          rows={3}
          spellCheck={false}
          value={form.values[field]}
          onChange={({ target }) => form.set(field, target.value)}
        />
      )}
    </Field>
  );
}

/** One of several choices. */
export function ChoiceField(
  props: FieldProps & { readonly choices: readonly (readonly [value: string, label: string])[] },
) {
  const { form, field, label, choices } = props;
  return (
    <fieldset className="choice">
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
