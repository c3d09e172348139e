/** The parameters of the address of the page that explains: `#/why?framework=…&role=web&cpus=2&mem=1024`. */

/** What the address may say; what is left out is not asked for. */
export interface WhySearch {
  readonly framework?: string;
  readonly role?: string;
  readonly cpus?: string;
  readonly mem?: string;
  readonly disk?: string;
  readonly gpus?: string;
  /** Which agents are listed: those with this reason, `NONE` for those that can be offered. */
  readonly reason?: string;
  /** The first agent of the list. */
  readonly offset?: number;
}

/** The fields of the form, in their order. */
export const sizeFields = ['cpus', 'mem', 'disk', 'gpus'] as const;

/** A field of the form. */
export type WhyField = 'framework' | 'role' | (typeof sizeFields)[number];

/** How many agents are listed on one page. */
export const AGENTS_PER_PAGE = 50;

/** Reads the parameters. What is malformed stays as it is, so that the form shows it. */
export function whySearch(raw: Readonly<Record<string, unknown>>): WhySearch {
  const texts = Object.fromEntries(
    (['framework', 'role', ...sizeFields, 'reason'] as const).flatMap(name => {
      const value = raw[name];
      // The router reads values as JSON: `cpus=2` is a number.
      return typeof value === 'string' || typeof value === 'number' ? [[name, String(value)]] : [];
    }),
  );
  const offset = Number(raw.offset);
  return {
    ...Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== '')),
    ...(Number.isSafeInteger(offset) && offset > 0 && { offset }),
  };
}

/** Returns what is wrong with a field, before the master is asked; undefined: nothing is. */
export function fieldProblem(field: WhyField, value: string): string | undefined {
  if (field === 'framework' || field === 'role' || value === '') return undefined;
  const isAmount = /^\d{1,9}(\.\d{1,9})?$/.test(value) && Number(value) >= 0.001;
  return isAmount ? undefined : 'A number above 0, such as 0.5 or 1024.';
}

/** Returns the address of the master's answer; undefined: no framework is named. Fields that are wrong are left out. */
export function explanationUrl({ framework, reason, offset, ...fields }: WhySearch): string | undefined {
  if (framework === undefined) return undefined;
  const query = new URLSearchParams({ framework_id: framework });
  for (const field of ['role', ...sizeFields] as const) {
    const value = fields[field];
    if (value !== undefined && fieldProblem(field, value) === undefined) query.set(field, value);
  }
  if (reason !== undefined) {
    query.set('reason', reason);
    query.set('limit', String(AGENTS_PER_PAGE));
    query.set('offset', String(offset ?? 0));
  }
  return `/allocation/explain?${query}`;
}

/** Returns the field that an answer of the master is about; undefined: none. */
export function fieldOf(message: string): WhyField | undefined {
  const [, name] = /^Parameter '(\w+)'/.exec(message) ?? [];
  if (name === 'role' || sizeFields.some(field => field === name)) return name as WhyField;
  return name === 'framework_id' ? 'framework' : undefined;
}

/** Tells whether an answer of the master is about the reason of the agents to be listed. */
export const isAboutReason = (message: string): boolean => message.startsWith("Parameter 'reason'");
