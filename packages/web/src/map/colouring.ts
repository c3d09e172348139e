/** How the map colours agents: by a few buckets, each with a colour and a meaning. */

import type { MappedKind, MapValues } from '../store/agent-map.ts';
import { wordOf } from '../ui/format.ts';

/** By what agents can be coloured. */
export const colourings = {
  state: 'State',
  cpus: 'CPUs in use',
  mem: 'Memory in use',
  disk: 'Disk in use',
  gpus: 'GPUs in use',
  tasks: 'Number of tasks',
} as const;

/** One of {@link colourings}. */
export type Colouring = keyof typeof colourings;

/** Whether it is one of {@link colourings}. */
export function isColouring(name: unknown): name is Colouring {
  return typeof name === 'string' && Object.hasOwn(colourings, name);
}

/** A colour of the map. */
export interface Bucket {
  /** Its name in the stylesheet. */
  readonly colour: string;
  readonly meaning: string;
}

/** The agents in buckets. */
export interface Coloured {
  readonly buckets: readonly Bucket[];
  /** The bucket of each agent. */
  readonly bucketOf: Uint8Array;
}

/** Steps of the colours for amounts. */
const STEPS = 5;
const nothing: Bucket = { colour: 'none', meaning: 'has none' };

const stateColours: Readonly<Record<string, string>> = {
  active: 'good',
  draining: 'busy',
  drained: 'warning',
  deactivated: 'warning',
  disconnected: 'bad',
};

/** Puts the agents into buckets. */
export function coloured(values: MapValues, by: Colouring): Coloured {
  if (by === 'state') {
    const buckets = values.stateNames.map(name => ({ colour: stateColours[name] ?? 'none', meaning: wordOf(name) }));
    return { buckets, bucketOf: values.states };
  }
  return by === 'tasks' ? byTasks(values.tasks) : byShare(values.shares[by satisfies MappedKind]);
}

function byShare(shares: Float32Array): Coloured {
  const buckets = [...steps(step => `${(step * 100) / STEPS}–${((step + 1) * 100) / STEPS} %`), nothing];
  return { buckets, bucketOf: Uint8Array.from(shares, stepOf) };
}

function byTasks(tasks: Float32Array): Coloured {
  const most = tasks.reduce((larger, number) => Math.max(larger, number), STEPS - 1);
  const width = Math.ceil((most + 1) / STEPS);
  const buckets = steps(step => (width === 1 ? `${step}` : `${step * width}–${(step + 1) * width - 1}`));
  return { buckets, bucketOf: Uint8Array.from(tasks, number => Math.min(STEPS - 1, Math.floor(number / width))) };
}

const steps = (meaning: (step: number) => string): Bucket[] =>
  Array.from({ length: STEPS }, (_, step) => ({ colour: `step-${step}`, meaning: meaning(step) }));

/** Returns the bucket of a share; the last one stands for agents without such a resource. */
function stepOf(share: number): number {
  return Number.isNaN(share) ? STEPS : Math.min(STEPS - 1, Math.max(0, Math.floor(share * STEPS)));
}
