import { type ReactNode, useId } from 'react';
import type { Field, Problems, Values } from './action.ts';

interface FieldsProps {
  readonly fields: readonly Field[];
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

function FormField({ field, value, problem, isLocked, onChange }: OneProps & { readonly field: Field }) {
  const { name, label, kind, hint, choices = [] } = field;
  const id = useId();
  const common = {
    name,
    id: `${id}f`,
    disabled: isLocked,
    'aria-invalid': problem !== undefined,
    'aria-describedby': describedBy(id, hint, problem),
  };
  const control =
    kind === 'choice' ? (
      <select {...common} value={value} onChange={event => onChange(event.target.value)}>
        {choices.map(each => (
          <option key={each.value} value={each.value}>
            {each.label}
          </option>
        ))}
      </select>
    ) : kind === 'box' ? (
      <input
        {...common}
        type="checkbox"
        checked={value !== ''}
        onChange={event => onChange(event.target.checked ? 'yes' : '')}
      />
    ) : (
      <input
        {...common}
        type="text"
        inputMode={kind === 'number' ? 'decimal' : 'text'}
        autoComplete="off"
        spellCheck={false}
        value={value}
        onChange={event => onChange(event.target.value)}
      />
    );
  return (
    <Labelled id={id} label={label} hint={hint} problem={problem} isBox={kind === 'box'}>
      {control}
    </Labelled>
  );
}

/** The field in which the id of what ends must be typed. */
export function TypedField({ text, value, problem, isLocked, onChange }: OneProps & { readonly text: string }) {
  const id = useId();
  return (
    <Labelled id={id} label={`Type ${text} to confirm`} hint={undefined} problem={problem} isBox={false}>
      <input
        id={`${id}f`}
        type="text"
        autoComplete="off"
        spellCheck={false}
        disabled={isLocked}
        aria-invalid={problem !== undefined}
        aria-describedby={describedBy(id, undefined, problem)}
        value={value}
        onChange={event => onChange(event.target.value)}
      />
    </Labelled>
  );
}

function Labelled(props: {
  readonly id: string;
  readonly label: string;
  readonly hint: string | undefined;
  readonly problem: string | undefined;
  readonly isBox: boolean;
  readonly children: ReactNode;
}) {
  const { id, label, hint, problem, isBox, children } = props;
  return (
    <div className="field" data-box={isBox}>
      <label htmlFor={`${id}f`}>{label}</label>
      {children}
      {hint !== undefined && (
        <p id={`${id}h`} className="field-hint">
          {hint}
        </p>
      )}
      {problem !== undefined && (
        <p id={`${id}p`} className="field-problem">
          {problem}
        </p>
      )}
    </div>
  );
}

function describedBy(id: string, hint: string | undefined, problem: string | undefined): string | undefined {
  return [problem !== undefined && `${id}p`, hint !== undefined && `${id}h`].filter(Boolean).join(' ') || undefined;
}
