/** Masters with `--acls` for tests, where requests say in a header whose they are. */
import type { TestContext } from 'node:test';
import { principalHeader, principalOfHeader } from '@meseta/daemon/testing';
import type { MasterCall } from '@meseta/protocol';
import type { RunningMaster } from '../main.ts';
import { type Answer, ask, startMasterWith } from './running-master.ts';

/** A value of `--acls`. */
export type AclsJson = Readonly<Record<string, unknown>>;

/** Everything. */
export const any = { type: 'ANY' };
/** Everything, and it is denied. */
export const none = { type: 'NONE' };
/** These only. */
export const names = (...values: string[]) => ({ values });
/** The principal of tests who may. */
export const p = names('p');

/** Starts a master with these rules. */
export function startWithAcls(t: TestContext, acls: AclsJson, ...argv: string[]): Promise<RunningMaster> {
  return startMasterWith(t, principalOfHeader, `--acls=${JSON.stringify(acls)}`, ...argv);
}

/** Sends a request as a principal. */
export function askAs(
  who: string | undefined,
  master: RunningMaster,
  path: string,
  method = 'GET',
  body?: string,
): Promise<Answer> {
  const headers = { ...(who !== undefined && { [principalHeader]: who }) };
  return ask(master, path, { method, headers, ...(body !== undefined && { body }) });
}

/** Sends a call of the operator API as a principal. */
export function callAs(who: string | undefined, master: RunningMaster, message: MasterCall): Promise<Answer> {
  const headers = { 'content-type': 'application/json', ...(who !== undefined && { [principalHeader]: who }) };
  return ask(master, '/api/v1', { method: 'POST', headers, body: JSON.stringify(message) });
}
