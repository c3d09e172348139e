/** An option of a subcommand. */
export interface Option {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: true;
  /** The placeholder of the value in help, `CPUS`. */
  readonly value?: string;
  /** The allowed values; any when absent. */
  readonly choices?: readonly string[];
  readonly help: string;
}

/** Options by long name, without dashes. */
export type Options = Readonly<Record<string, Option>>;
