import type { InputHTMLAttributes } from 'react';

/** An input for names, amounts and the like: browsers neither complete nor correct what is typed. */
export function TextInput(
  props: Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange'> & {
    readonly value: string;
    /** Phones show digits. Default: letters. */
    readonly isAmount?: boolean;
    readonly onChange: (value: string) => void;
  },
) {
  const { isAmount = false, onChange, ...others } = props;
  return (
    <input
      type="text"
      inputMode={isAmount ? 'decimal' : 'text'}
      autoComplete="off"
      spellCheck={false}
      {...others}
      onChange={event => onChange(event.target.value)}
    />
  );
}
