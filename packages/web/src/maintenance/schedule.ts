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

/** Returns the window that a form describes, or what is wrong in its fields. */
export function windowOf(draft: WindowDraft): { window: MaintenanceWindow } | { problems: DraftProblems } {
  const machines = parseMachines(draft.machines);
  const start = new Date(draft.start).getTime();
  const text = draft.duration.trim();
  const duration = text === '' ? undefined : readDuration(text);
  const problems: DraftProblems = {
    ...(machines.length === 0 && { machines: 'Name at least one machine.' }),
    ...(Number.isNaN(start) && { start: 'When are the machines away?' }),
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

/** Returns a schedule with a window in the place of another, or as a new one. */
export function withWindow(
  { windows = [] }: MaintenanceSchedule,
  index: number | undefined,
  window: MaintenanceWindow | undefined,
): MaintenanceSchedule {
  const place = index ?? windows.length;
  return { windows: windows.toSpliced(place, index === undefined ? 0 : 1, ...(window ? [window] : [])) };
}

/** Returns the field that a refusal of the master is about. */
export function fieldOfRefusal(message: string): keyof WindowDraft | undefined {
  if (/duration/i.test(message)) return 'duration';
  if (/machine|hostname|\bIP\b/i.test(message)) return 'machines';
  return undefined;
}
