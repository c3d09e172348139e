/** For tests: questions to `/allocation/explain` of a master, and what they are about. */
import assert from 'node:assert/strict';
import type { MasterCall, Resource } from '@meseta/protocol';
import type { RunningMaster } from '../main.ts';
import { ask } from './running-master.ts';

interface GroupView {
  readonly reason: string;
  readonly blocks: boolean;
  readonly text: string;
  readonly advice: string;
  readonly agents: number;
  readonly only: number;
  readonly causes: readonly { readonly text: string; readonly agents: number }[];
  readonly examples: readonly { readonly agent_id: string; readonly hostname: string; readonly text: string }[];
  readonly agent_ids?: readonly string[];
}
/** The answer, as far as tests look at it. */
export interface View {
  readonly framework_id: string;
  readonly agents: number;
  readonly roles: readonly {
    readonly role: string;
    readonly offerable: number;
    readonly groups: readonly GroupView[];
  }[];
  // biome-ignore lint/suspicious/noExplicitAny: what a client parses
  readonly list?: { readonly matched: number; readonly agents: readonly any[] };
}

/** An amount of a resource. */
export const scalar = (name: string, value: number, more: Partial<Resource> = {}): Resource => ({
  ...{ name, type: 'SCALAR', scalar: { value } },
  ...more,
});
/** What an agent has, none of it reserved. */
export const unreserved = [scalar('cpus', 4), scalar('mem', 4096), scalar('disk', 4096)];

/** Asks why a framework is not offered agents. */
export async function explain(master: RunningMaster, id: string, query: Record<string, string> = {}): Promise<View> {
  const path = `/allocation/explain?${new URLSearchParams({ framework_id: id, ...query })}`;
  const { status, text } = await ask(master, path);
  assert.equal(status, 200, text);
  return JSON.parse(text);
}

/** Makes a call to the operator API, which has to be accepted. */
export async function call(master: RunningMaster, message: MasterCall): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const { status, text } = await ask(master, '/api/v1', { method: 'POST', headers, body: JSON.stringify(message) });
  assert.ok(status === 200 || status === 202, text);
}

/** Plans an hour of maintenance of a machine, far in the future. */
export const maintenance = (hostname: string): MasterCall => ({
  type: 'UPDATE_MAINTENANCE_SCHEDULE',
  update_maintenance_schedule: {
    schedule: {
      windows: [
        {
          machine_ids: [{ hostname, ip: '127.0.0.1' }],
          unavailability: { start: { nanoseconds: 4e18 }, duration: { nanoseconds: 3600e9 } },
        },
      ],
    },
  },
});
