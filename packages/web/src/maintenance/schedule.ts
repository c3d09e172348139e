/** The maintenance schedule as it is edited: windows of machines, and times as people type them. Pure. */
import type {
  MachineID,
  MaintenanceClusterStatus,
  MaintenanceSchedule,
  MaintenanceWindow,
} from '@meseta/protocol/browser';
import { exactDuration } from '../ui/format.ts';
import { readDuration } from '../ui/typed-amounts.ts';

/** What a form for a window has in its fields. */
export interface WindowDraft {
  /** One machine a line: `HOST ADDRESS`. */
  readonly machines: string;
  /** By the clock of the browser: `2026-11-30T14:00`. */
  readonly start: string;
  /** `2 hours`, `90 min`; empty: without an end. */
  readonly duration: string;
}

/** The fields of {@link WindowDraft} that are wrong, with the reason. */
export type DraftProblems = Partial<Record<keyof WindowDraft, string>>;

/** What a machine does: agents of one that is down are removed and cannot register. */
export type MachineMode = 'draining' | 'down';

/** Returns a text that is the same for the same machine: the case of host names does not matter. */
export const machineKey = ({ hostname = '', ip = '' }: MachineID): string => `${hostname.toLowerCase()} ${ip}`;

/** Names a machine. */
export const machineName = ({ hostname = '', ip = '' }: MachineID): string =>
  [hostname, ip].filter(part => part !== '').join(' ');

/** Returns what machines do by {@link machineKey}: those that are in the schedule and up already are draining. */
export function modesOf(status: MaintenanceClusterStatus): ReadonlyMap<string, MachineMode> {
  const draining = (status.draining_machines ?? []).map(({ id }) => [machineKey(id), 'draining'] as const);
  const down = (status.down_machines ?? []).map(id => [machineKey(id), 'down'] as const);
  return new Map<string, MachineMode>([...draining, ...down]);
}

/** Reads machines, one a line. */
export function parseMachines(text: string): MachineID[] {
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(Boolean)
    .map(line => {
      const [first = '', second] = line.split(/[\s,/]+/);
      if (second !== undefined) return { hostname: first, ip: second };
      return /^\d+\.\d+\.\d+\.\d+$/.test(first) ? { ip: first } : { hostname: first };
    });
}

/** Returns a line of {@link parseMachines} that has more than a machine in it. */
const overfullLine = (text: string): string | undefined =>
  text.split('\n').find(line => line.trim().split(/[\s,/]+/).length > 2);

/** What the master can say as nanoseconds since the epoch, in milliseconds. */
const MAX_TIME_MS = 2 ** 63 / 1e6;

/** Returns the window that a form describes, or what is wrong in its fields. */
export function windowOf(draft: WindowDraft): { window: MaintenanceWindow } | { problems: DraftProblems } {
  const machines = parseMachines(draft.machines);
  const overfull = overfullLine(draft.machines);
  const start = new Date(draft.start).getTime();
  const text = draft.duration.trim();
  const duration = text === '' ? undefined : readDuration(text);
  const problems: DraftProblems = {
    ...(machines.length === 0 && { machines: 'Name at least one machine.' }),
    ...(overfull !== undefined && {
      machines: `'${overfull.trim()}' is no machine. Expecting a host name, an IP address, or both, one machine a line.`,
    }),
    ...(Number.isNaN(start) && { start: 'When are the machines away?' }),
    ...(Math.abs(start) >= MAX_TIME_MS && { start: 'Expecting a time between the years 1678 and 2262.' }),
    ...(duration && 'problem' in duration && { duration: duration.problem }),
    ...(duration && 'value' in duration && duration.value === 0 && { duration: 'Expecting more than no time.' }),
  };
  if ((duration && 'problem' in duration) || Object.keys(problems).length > 0) return { problems };
  return {
    window: {
      machine_ids: machines,
      unavailability: {
        start: { nanoseconds: start * 1e6 },
        ...(duration && { duration: { nanoseconds: Math.round(duration.value * 1e6) } }),
      },
    },
  };
}

/** Returns a form with what a window has. */
export function draftOf({ machine_ids = [], unavailability }: MaintenanceWindow): WindowDraft {
  const start = new Date(unavailability.start.nanoseconds / 1e6);
  const local = new Date(start.getTime() - start.getTimezoneOffset() * 60_000).toISOString();
  return {
    machines: machine_ids.map(machineName).join('\n'),
    start: local.slice(0, 16),
    duration: unavailability.duration ? exactDuration(unavailability.duration.nanoseconds / 1e9) : '',
  };
}

/** Returns the place of a window in a schedule; -1: it is not there, or not like this. */
export function placeOf({ windows = [] }: MaintenanceSchedule, window: MaintenanceWindow | undefined): number {
  const text = JSON.stringify(window);
  return windows.findIndex(each => JSON.stringify(each) === text);
}

/**
 * Returns a schedule with a window in the place of another, which others may have changed or removed meanwhile.
 *
 * @param old the window that is replaced. Default: none, as where it is not there: the other one is added.
 * @param window what takes its place. Default: nothing does.
 */
export function withWindow(
  schedule: MaintenanceSchedule,
  old: MaintenanceWindow | undefined,
  window: MaintenanceWindow | undefined,
): MaintenanceSchedule {
  const { windows = [] } = schedule;
  const place = placeOf(schedule, old);
  const added = window ? [window] : [];
  return { windows: place < 0 ? [...windows, ...added] : windows.toSpliced(place, 1, ...added) };
}

/** Returns whether the time of a window is over. Its machines stay in the schedule all the same. */
export function isOver({ unavailability: { start, duration } }: MaintenanceWindow, nowMs: number): boolean {
  return duration !== undefined && (start.nanoseconds + duration.nanoseconds) / 1e6 < nowMs;
}

/** Returns the field that a refusal of the master is about. */
export function fieldOfRefusal(message: string): keyof WindowDraft | undefined {
  if (/duration/i.test(message)) return 'duration';
  if (/machine|hostname|\bIP\b/i.test(message)) return 'machines';
  return undefined;
}
