/** The form of a task: what is typed becomes a request, and what the master says of a field comes back to it. Pure. */

import { own } from '@meseta/protocol/own';
import { linesIn, readPairs } from '../ui/typed-pairs.ts';

/** The values of the form, as they are typed. */
export interface RunValues {
  readonly what: 'command' | 'docker';
  readonly command: string;
  readonly image: string;
  readonly name: string;
  readonly cpus: string;
  readonly mem: string;
  readonly disk: string;
  readonly gpus: string;
  readonly role: string;
  readonly user: string;
  readonly count: string;
  /** `NAME=VALUE` lines. */
  readonly environment: string;
  /** One a line. */
  readonly uris: string;
  /** `KEY=VALUE` lines. */
  readonly labels: string;
}

/** The name of a field of the form. */
export type RunField = keyof RunValues;

/** An empty form. */
export const emptyForm: RunValues = {
  what: 'command',
  command: '',
  image: '',
  name: '',
  cpus: '0.1',
  mem: '32',
  disk: '',
  gpus: '',
  role: '',
  user: '',
  count: '1',
  environment: '',
  uris: '',
  labels: '',
};

/** Whether something was typed or chosen. */
export const isFilledIn = (values: RunValues): boolean =>
  Object.entries(values).some(([field, value]) => value !== emptyForm[field as RunField]);

/** What is wrong, by field. */
export type FieldProblems = Readonly<Partial<Record<RunField, string>>>;

/** The body of `POST /tasks/run`, or what is wrong. */
export type RunBody =
  | { readonly ok: true; readonly body: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly problems: FieldProblems };

/** Makes the request. Only what cannot be written as JSON is looked at here; the rest is the master's to judge. */
export function bodyOf(values: RunValues): RunBody {
  const { what, name, image, role, user } = values;
  const environment = readPairs(values.environment, 'NAME=VALUE');
  const labels = readPairs(values.labels, 'KEY=VALUE');
  const problems: FieldProblems = {
    ...('problem' in environment && { environment: environment.problem }),
    ...('problem' in labels && { labels: labels.problem }),
  };
  if ('problem' in environment || 'problem' in labels) return { ok: false, problems };
  const uris = linesIn(values.uris);
  const body = {
    ...texts({ name, role, user, command: values.command }),
    ...(what !== 'command' && { image: { type: what, ...texts({ name: image }) } }),
    resources: numbers({ cpus: values.cpus, mem: values.mem, disk: values.disk, gpus: values.gpus }),
    ...numbers({ count: values.count }),
    ...(environment.value.length > 0 && { environment: Object.fromEntries(environment.value) }),
    ...(labels.value.length > 0 && { labels: Object.fromEntries(labels.value) }),
    ...(uris.length > 0 && { uris }),
  };
  return { ok: true, body };
}

/** Fields of the request to those of the form; what is below one is of the same field. */
const fieldOf: Readonly<Record<string, RunField>> = {
  command: 'command',
  image: 'image',
  name: 'name',
  'resources.cpus': 'cpus',
  'resources.mem': 'mem',
  'resources.disk': 'disk',
  'resources.gpus': 'gpus',
  resources: 'cpus',
  role: 'role',
  user: 'user',
  count: 'count',
  environment: 'environment',
  uris: 'uris',
  labels: 'labels',
};

/** Returns the field that a master's refusal is about, which it begins with: `'resources.cpus' is …`. */
export function fieldOfRefusal(words: string): RunField | undefined {
  const [, path = ''] = /^'([^']*)'/.exec(words) ?? [];
  for (let name = path; name !== ''; name = name.replace(/(^|[.[])[^.[]*$/, '')) {
    const field = own(fieldOf, name);
    if (field !== undefined) return field;
  }
  return undefined;
}

function texts(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value.trim() !== ''));
}

/** Text that is no number goes to the master as it is, which says so. */
function numbers(values: Readonly<Record<string, string>>): Record<string, number | string> {
  const given = Object.entries(texts(values));
  return Object.fromEntries(
    given.map(([name, value]) => [name, Number.isFinite(Number(value)) ? Number(value) : value]),
  );
}
