import type { Amount } from './amounts.ts';
import { algebraOf } from './amounts.ts';
import type { Resources } from './resources.ts';
import { fromThousandths } from './scalars.ts';

/** Resources as in the classic JSON views: scalars as numbers, ranges and sets as text. */
export type ResourcesView = Record<string, number | string>;

const always = ['disk', 'mem', 'gpus', 'cpus'];

/**
 * Returns the sums by name, whatever their reservations. disk, mem, gpus and cpus are always present; revocable
 * resources are under `<name>_revocable`.
 *
 * @see Mesos src/common/http.cpp, model(Resources)
 */
export function resourcesView(resources: Resources): ResourcesView {
  const scalars = new Map(always.map(name => [name, 0]));
  const others = new Map<string, { type: 'RANGES' | 'SET'; amount: Amount }>();
  for (const { kind, amount, count } of resources.entries) {
    const name = kind.isRevocable ? `${kind.name}_revocable` : kind.name;
    if (typeof amount === 'number') {
      scalars.set(name, (scalars.get(name) ?? 0) + amount * (kind.isShared ? 1 : count));
    } else {
      const present = others.get(name);
      const type = kind.template.type === 'SET' ? 'SET' : 'RANGES';
      others.set(name, { type, amount: present?.type === type ? kind.algebra.add(present.amount, amount) : amount });
    }
  }
  const view: ResourcesView = {};
  for (const [name, thousandths] of scalars) view[name] = fromThousandths(thousandths);
  for (const [name, { type, amount }] of others) view[name] = algebraOf(type)?.print(amount) ?? '';
  return view;
}
