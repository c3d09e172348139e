/** Reads labels and ports from a task's description, for hooks. */
import type { Labels, Port, TaskInfo } from '@meseta/protocol';

type Labelled = { readonly labels?: Labels };

/** Returns the value of a label: an empty text when it has no value, undefined without the label. */
export function labelOf({ labels }: Labelled, key: string): string | undefined {
  const label = labels?.labels?.find(candidate => candidate.key === key);
  return label && (label.value ?? '');
}

/** Returns the keys of the labels with that value. */
export function keysOf({ labels }: Labelled, value: string): string[] {
  return (labels?.labels ?? []).filter(label => label.value === value).map(({ key }) => key);
}

/** Returns the ports of a task's DiscoveryInfo. */
export function portsOf({ discovery }: TaskInfo): readonly Port[] {
  return discovery?.ports?.ports ?? [];
}
