/** Events of the engine. */
import { Fields } from './fields.ts';

/** Which events, or containers, are wanted; all of the conditions have to hold. */
export interface EngineFilters {
  /** `name`, or `name=value`. */
  readonly label?: readonly string[];
  /** Names of containers: of events the whole name, of lists a part of it or a regular expression. */
  readonly name?: readonly string[];
  /** Ids or names of containers. */
  readonly container?: readonly string[];
  /** `container`, `image`, `network`, `volume`, `daemon`. Events only. */
  readonly type?: readonly string[];
  /** `die`, `oom`, `start`, `destroy`, `kill`, `health_status` … Events only. */
  readonly event?: readonly string[];
  /** `created`, `running`, `exited` … Lists only. */
  readonly status?: readonly string[];
  readonly id?: readonly string[];
}

/** Something happened in the engine. */
export interface EngineEvent {
  /** `container`, `image`, … */
  readonly type: string;
  /** `die`, `oom`, `health_status: healthy`, … */
  readonly action: string;
  /** The container's id, or the image's name. */
  readonly id: string;
  /** `name`, `image`, `exitCode`, `signal`, and the container's labels. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Nanoseconds since 1970 by the engine's clock, exact to a microsecond. */
  readonly timeNs: number;
}

/** Reads one event. Engines before API 1.22 have other fields. */
export function readEvent(json: unknown): EngineEvent {
  const fields = new Fields(json, 'the event');
  const actor = fields.object('Actor');
  return {
    type: fields.text('Type'),
    action: fields.text('Action') || fields.text('status'),
    id: actor.text('ID') || fields.text('id'),
    attributes: actor.textMap('Attributes'),
    timeNs: fields.number('timeNano') || fields.number('time') * 1e9,
  };
}

/** Returns filters in the form of a query. */
export function filtersQuery(filters: EngineFilters | undefined): string | undefined {
  if (filters === undefined) return undefined;
  const given = Object.entries(filters).filter(([, values]) => values !== undefined && values.length > 0);
  return given.length === 0 ? undefined : JSON.stringify(Object.fromEntries(given));
}
