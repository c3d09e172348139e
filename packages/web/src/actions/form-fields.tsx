import { Field } from '../ui/field.tsx';
import { TextInput } from '../ui/text-input.tsx';
import type { Field as FieldSpec, Problems, Values } from './action.ts';

interface FieldsProps {
  readonly fields: readonly FieldSpec[];
  readonly values: Values;
  readonly problems: Problems;
  /** The values are being sent. */
  readonly isLocked: boolean;
  readonly onChange: (field: string, value: string) => void;
}

/** The fields of an action, with what is wrong at each. */
export function FormFields(props: FieldsProps) {
  const groups = Map.groupBy(props.fields, ({ group }) => group);
  return [...groups].map(([group, fields]) =>
    group === undefined ? (
      <FieldList key="plain" {...props} fields={fields} />
    ) : (
      <fieldset key={group} className="field-group">
        <legend>{group}</legend>
        <FieldList {...props} fields={fields} />
      </fieldset>
    ),
  );
}

function FieldList({ fields, values, problems, isLocked, onChange }: FieldsProps) {
  return fields.map(field => (
    <FormField
      key={field.name}
      field={field}
      value={values[field.name] ?? ''}
      problem={problems[field.name]}
      isLocked={isLocked}
      onChange={value => onChange(field.name, value)}
    />
  ));
}

interface OneProps {
  readonly value: string;
  readonly problem: string | undefined;
  readonly isLocked: boolean;
  readonly onChange: (value: string) => void;
}

function FormField({ field, value, problem, isLocked, onChange }: OneProps & { readonly field: FieldSpec }) {
  const { name, label, kind, hint, choices = [] } = field;
  return (
    <Field label={label} hint={hint} problem={problem} isBox={kind === 'box'}>
      {input => {
        const common = { ...input, name, disabled: isLocked };
        switch (kind) {
          case 'choice':
            return (
              <select {...common} value={value} onChange={event => onChange(event.target.value)}>
                {choices.map(each => (
                  <option key={each.value} value={each.value}>
                    {each.label}
                  </option>
                ))}
              </select>
            );
          case 'lines':
            return (
              <textarea
                {...common}
                rows={2}
                spellCheck={false}
                value={value}
                onChange={({ target }) => onChange(target.value)}
              />
            );
          case 'box':
            return (
              <input
                {...common}
                type="checkbox"
                checked={value !== ''}
                onChange={event => onChange(event.target.checked ? 'yes' : '')}
              />
            );
          default:
            return <TextInput {...common} isAmount={kind === 'number'} value={value} onChange={onChange} />;
        }
      }}
    </Field>
  );
}

/** The field in which the id of what ends must be typed. */
export function TypedField({ text, value, problem, isLocked, onChange }: OneProps & { readonly text: string }) {
  return (
    <Field label={`Type ${text} to confirm`} problem={problem}>
      {input => <TextInput {...input} disabled={isLocked} value={value} onChange={onChange} />}
    </Field>
  );
}
