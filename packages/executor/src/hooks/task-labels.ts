/** What the hooks read from a task's description. */
import type { Labels, Port, TaskInfo } from '@meseta/protocol';

type Labelled = { readonly labels?: Labels };

/** The value of a label; an empty text where it has none, undefined without the label. */
export function labelOf({ labels }: Labelled, key: string): string | undefined {
  const label = labels?.labels?.find(candidate => candidate.key === key);
  return label && (label.value ?? '');
}

/** Keys of the labels with that value. */
export function keysOf({ labels }: Labelled, value: string): string[] {
  return (labels?.labels ?? []).filter(label => label.value === value).map(({ key }) => key);
}

export function portsOf({ discovery }: TaskInfo): readonly Port[] {
  return discovery?.ports?.ports ?? [];
}
