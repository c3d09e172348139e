import {
  decode,
  type FrameworkInfo,
  type MasterResponseGetFrameworksFramework,
  messageType,
} from '@meseta/protocol/browser';
import { ListColumn, NumberColumn, TextColumn, WordColumn } from './columns.ts';
import { Table } from './table.ts';

/** What frameworks are filtered, sorted and shown by. `used` is what their tasks and executors hold. */
export function frameworkColumns() {
  return {
    id: new TextColumn(),
    name: new TextColumn(),
    state: new WordColumn(),
    role: new ListColumn(),
    user: new WordColumn(),
    principal: new WordColumn(),
    hostname: new WordColumn(),
    registered: new NumberColumn(),
    tasks: new NumberColumn(),
    cpus_used: new NumberColumn(),
    mem_used: new NumberColumn(),
    disk_used: new NumberColumn(),
    gpus_used: new NumberColumn(),
  };
}

/** The table of frameworks. */
export type FrameworkTable = Table<ReturnType<typeof frameworkColumns>>;

/** Makes an empty table of frameworks. */
export const frameworkTable = (): FrameworkTable => new Table(frameworkColumns());

/** A framework as the master describes it. */
export type FrameworkView = MasterResponseGetFrameworksFramework;

const Framework = messageType<FrameworkView>('mesos.v1.master.Response.GetFrameworks.Framework');
const Info = messageType<FrameworkInfo>('mesos.v1.FrameworkInfo');

/** Reads a framework. @throws {DecodeError} when the bytes are none. */
export const readFramework = (bytes: Uint8Array): FrameworkView => decode(Framework, bytes);

/** Reads what a framework says of itself. @throws {DecodeError} when the bytes are none. */
export const readFrameworkInfo = (bytes: Uint8Array): FrameworkInfo => decode(Info, bytes);

/** Fills the row of a framework, except what its tasks and executors hold. */
export function fillFramework(
  { columns }: FrameworkTable,
  row: number,
  framework: FrameworkView,
  ended: boolean,
): void {
  const { framework_info: info } = framework;
  columns.id.set(row, info.id?.value ?? '');
  columns.name.set(row, info.name);
  columns.state.set(row, frameworkState(framework, ended));
  columns.role.setItems(row, info.roles ?? [info.role ?? '*']);
  columns.user.set(row, info.user);
  columns.principal.set(row, info.principal ?? '');
  columns.hostname.set(row, info.hostname ?? '');
  const registered = framework.reregistered_time ?? framework.registered_time;
  columns.registered.set(row, registered ? registered.nanoseconds / 1e9 : Number.NaN);
}

/** Returns one word for what a framework does. */
export function frameworkState({ active, connected, recovered }: FrameworkView, ended: boolean): string {
  if (ended) return 'completed';
  if (recovered) return 'recovered';
  if (!connected) return 'disconnected';
  return active ? 'active' : 'inactive';
}
