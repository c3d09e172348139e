import { useEffect, useId, useState } from 'react';
import { useWindow } from '../feed/hooks.ts';
import { isHeading } from '../query/view.ts';
import type { Row } from '../store/table.ts';
import { Field } from '../ui/field.tsx';
import { TextInput } from '../ui/text-input.tsx';
import { type WhyField as FieldName, fieldProblem, sizeFields, type WhySearch } from './search.ts';

/** How many frameworks are proposed. */
const MOST_PROPOSED = 200;

const titles: Readonly<Record<FieldName, string>> = {
  framework: 'Framework',
  role: 'Role',
  cpus: 'CPUs',
  mem: 'Memory in MB',
  disk: 'Disk in MB',
  gpus: 'GPUs',
};

/** Asks for a framework and a size. What the master refuses is shown at its field. */
export function WhyForm(props: {
  readonly search: WhySearch;
  /** What the master said of fields. */
  readonly refused: Partial<Readonly<Record<FieldName, string>>>;
  readonly onAsk: (search: WhySearch) => void;
}) {
  const { search, refused, onAsk } = props;
  const proposed = useWindow('frameworks', {
    ...{ filter: '', sort: 'name', descending: false, offset: 0, limit: MOST_PROPOSED },
  });
  const rows = (proposed?.rows ?? []).filter((line): line is Row => !isHeading(line));
  const listId = useId();
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  // biome-ignore lint/correctness/useExhaustiveDependencies: another address replaces what was typed
  useEffect(() => setTyped({}), [JSON.stringify(search)]);
  const textOf = (field: FieldName) => typed[field] ?? search[field] ?? '';
  const submit = () => {
    const entries = (['framework', 'role', ...sizeFields] as const).map(field => [field, textOf(field).trim()]);
    const asked: Record<string, string> = Object.fromEntries(entries.filter(([, value]) => value !== ''));
    const named = rows.filter(({ name }) => name === asked.framework);
    if (named.length === 1 && named[0]) asked.framework = String(named[0].id);
    onAsk(asked);
  };
  return (
    <form
      className="why-form"
      onSubmit={event => {
        event.preventDefault();
        submit();
      }}
    >
      <WhyField
        field="framework"
        value={textOf('framework')}
        problem={refused.framework}
        list={listId}
        onChange={framework => setTyped({ ...typed, framework })}
      />
      <datalist id={listId}>
        {rows.map(({ key, id, name }) => (
          <option key={key} value={String(id)}>
            {String(name)}
          </option>
        ))}
      </datalist>
      {(['role', ...sizeFields] as const).map(field => (
        <WhyField
          key={field}
          field={field}
          value={textOf(field)}
          problem={fieldProblem(field, textOf(field)) ?? refused[field]}
          onChange={value => setTyped({ ...typed, [field]: value })}
        />
      ))}
      <button type="submit">Explain</button>
    </form>
  );
}

function WhyField(props: {
  readonly field: FieldName;
  readonly value: string;
  readonly problem: string | undefined;
  readonly list?: string;
  readonly onChange: (value: string) => void;
}) {
  const { field, value, problem, list, onChange } = props;
  return (
    <Field label={titles[field]} problem={problem}>
      {input => (
        <TextInput
          {...input}
          list={list}
          value={value}
          isAmount={field !== 'framework' && field !== 'role'}
          placeholder={field === 'framework' ? 'id or name' : field === 'role' ? 'all' : 'any'}
          onChange={onChange}
        />
      )}
    </Field>
  );
}
