/** Sums the progress of a pull up in lines that a person reads. */
import type { PullProgress } from './pull-progress.ts';

interface Layer {
  readonly current: number;
  readonly total: number;
  readonly done: boolean;
  /** Its download has failed, and the engine waits before it tries again. */
  readonly waits: boolean;
}

/** Messages about a layer that has begun, by their status; others with an id are tags, or say nothing. */
const begun: ReadonlySet<string> = new Set(['Pulling fs layer', 'Waiting', 'Preparing']);
const done: ReadonlySet<string> = new Set(['Pull complete', 'Already exists', 'Pushed', 'Layer already exists']);
const moving: ReadonlySet<string> = new Set(['Downloading', 'Pushing']);
const complete: ReadonlySet<string> = new Set(['Download complete', 'Verifying Checksum']);

/** Docker allows 127 layers; the rest is not counted. */
const mostLayers = 1000;
/** There is a new line when so much more of what is known was received, or this many bytes, if that is more. */
const stepShare = 0.1;
const stepBytes = 1024 * 1024;

/** The progress of one pull. */
export class PullSummary {
  readonly #layers = new Map<string, Layer>();
  #reportedBytes = 0;
  #reportedLayers = 0;

  /** Takes one message. @returns a line when there is something new to read; undefined otherwise. */
  add({ id, status, current, total }: PullProgress): string | undefined {
    if (id === '') return /^(?:Digest|Status): /.test(status) ? status : undefined;
    const layer = this.#layers.get(id);
    if (layer === undefined && this.#layers.size >= mostLayers) return undefined;
    const waits = status.startsWith('Retrying in ');
    const next = nextOf(layer, status, current, total);
    if (next === undefined) return undefined;
    this.#layers.set(id, { ...next, waits });
    return waits && !layer?.waits ? `layer ${id} failed. ${status}` : this.#line();
  }

  #line(): string | undefined {
    const layers = [...this.#layers.values()];
    const finished = layers.filter(layer => layer.done).length;
    const sum = (field: 'current' | 'total') => layers.reduce((bytes, layer) => bytes + layer[field], 0);
    const [current, total] = [sum('current'), sum('total')];
    const step = Math.max(stepBytes, total * stepShare);
    if (finished === this.#reportedLayers && current < this.#reportedBytes + step) return undefined;
    this.#reportedLayers = finished;
    this.#reportedBytes = current;
    const percent = total === 0 ? '' : ` (${Math.floor((100 * current) / total)}%)`;
    return `${finished} of ${layers.length} layers, ${megabytes(current)} of ${megabytes(total)} MB${percent}`;
  }
}

function nextOf(layer: Layer | undefined, status: string, current: number, total: number): Layer | undefined {
  const known = layer ?? { current: 0, total: 0, done: false, waits: false };
  if (done.has(status)) return { ...known, current: known.total, done: true };
  if (begun.has(status)) return known;
  if (moving.has(status)) return { ...known, current, total: Math.max(total, current) };
  if (complete.has(status)) return { ...known, current: known.total };
  return layer; // it is extracted, or retried
}

function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}
