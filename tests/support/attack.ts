/** Wrong input for daemons, and sending it. `HOSTILE_SEED` repeats a run, `HOSTILE_ROUNDS` makes it longer. */
import assert from 'node:assert/strict';
import type { MessageType } from '@meseta/protocol';
import { findMessageType } from '@meseta/protocol/testing';
import type { Daemon } from './daemon.ts';
import type { HostileValues } from './hostile-values.ts';
import { Random } from './random.ts';
import { headOf, type RawRequest, render, statusIn } from './raw-http.ts';

/** The same for all that a run sends. */
export const random = new Random(Number(process.env.HOSTILE_SEED ?? 1));
/** How often each thing is tried. */
export const rounds = Number(process.env.HOSTILE_ROUNDS ?? 12);
/** For these, Mesos has status 500, although it is the client that is wrong. */
const mesosBlames: ReadonlySet<string> = new Set(['CONTAINER_NOT_REMOVABLE', 'CONTAINER_NOT_ATTACHABLE']);

/** Sends requests, a few at a time; no answer may blame the daemon. Gives how often each status came. */
export async function attack(daemon: Daemon, requests: Iterable<RawRequest>): Promise<Map<number | undefined, number>> {
  const statuses = new Map<number | undefined, number>();
  const queue = Iterator.from(requests);
  const one = async () => {
    for (const request of queue) {
      const head = await headOf(daemon.port, render(request));
      const status = statusIn(head);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      const code = /^Meseta-Error: (.*)$/m.exec(head)?.[1]?.trim() ?? '';
      const blamed = status !== undefined && status >= 500 && status !== 501 && !mesosBlames.has(code);
      assert.ok(
        !blamed,
        `${status} ${code} for ${request.path} ${JSON.stringify(request.headers)}\n${Buffer.from(request.body ?? '')
          .subarray(0, 5000)
          .toString()}`,
      );
    }
  };
  await Promise.all(Array.from({ length: 8 }, one));
  return statuses;
}

const types = (callType: MessageType<unknown>) => [
  ...(callType.byName.get('type')?.enumeration?.numberOf.keys() ?? []),
];

/** Every call of an API, in JSON and in protobuf, `rounds` times each; `keep` leaves calls out. */
export function* calls(
  callType: MessageType<unknown>,
  path: string,
  values: HostileValues,
  options: { fixed?: Record<string, unknown>; headers?: Record<string, string>; keep?: (type: string) => boolean } = {},
): Generator<RawRequest> {
  const { fixed = {}, headers = {}, keep = () => true } = options;
  for (const type of types(callType).filter(keep)) {
    const body = callType.byName.get(type.toLowerCase())?.message;
    for (let round = 0; round < rounds; round++) {
      const content = () => ({
        ...(body && random.below(10) > 0 ? { [type.toLowerCase()]: values.message(body, 0) } : {}),
        ...fixed,
        type,
      });
      yield {
        path,
        headers: { 'Content-Type': 'application/json', Accept: 'application/json', ...headers },
        body: values.json(callType, content()),
      };
      yield {
        path,
        headers: { 'Content-Type': 'application/x-protobuf', ...headers },
        body: values.bytes(callType, content()),
      };
    }
  }
}

/** What agents say to a master. */
export const agentMessages = [
  'RegisterSlaveMessage',
  'ReregisterSlaveMessage',
  'UnregisterSlaveMessage',
  'UpdateSlaveMessage',
  'StatusUpdateMessage',
  'ExitedExecutorMessage',
  'ExecutorToFrameworkMessage',
  'UpdateOperationStatusMessage',
  'PongSlaveMessage',
];
/** What v0 schedulers say to it. */
export const schedulerMessages = [
  'RegisterFrameworkMessage',
  'ReregisterFrameworkMessage',
  'UnregisterFrameworkMessage',
  'DeactivateFrameworkMessage',
  'ResourceRequestMessage',
  'LaunchTasksMessage',
  'ReviveOffersMessage',
  'KillTaskMessage',
  'StatusUpdateAcknowledgementMessage',
  'FrameworkToExecutorMessage',
  'ReconcileTasksMessage',
];
/** What an agent hears, of masters, schedulers and executors. */
export const toAgent = [
  'SlaveRegisteredMessage',
  'SlaveReregisteredMessage',
  'PingSlaveMessage',
  'ShutdownMessage',
  'RunTaskMessage',
  'RunTaskGroupMessage',
  'KillTaskMessage',
  'StatusUpdateAcknowledgementMessage',
  'FrameworkToExecutorMessage',
  'UpdateFrameworkMessage',
  'ShutdownFrameworkMessage',
  'ShutdownExecutorMessage',
  'DrainSlaveMessage',
  'CheckpointResourcesMessage',
  'ApplyOperationMessage',
  'ReconcileOperationsMessage',
  'AcknowledgeOperationStatusMessage',
  'RegisterExecutorMessage',
  'ReregisterExecutorMessage',
  'StatusUpdateMessage',
  'ExecutorToFrameworkMessage',
];

/** libprocess messages of a stranger, or of whoever `sender` names. */
export function* messages(
  receiver: string,
  names: readonly string[],
  values: HostileValues,
  sender?: string,
): Generator<RawRequest> {
  for (const name of names.map(each => `mesos.internal.${each}`)) {
    const type = findMessageType(name);
    assert.ok(type, name);
    for (let round = 0; round < rounds; round++) {
      const from =
        sender ??
        random.pick(['x@127.0.0.1:1', 'slave(1)@127.0.0.1:99999', 'é@[::1]:5', '@', `${'z'.repeat(9000)}@1.2.3.4:5`]);
      yield {
        path: `/${receiver}/${name}`,
        headers: { 'Libprocess-From': from, 'User-Agent': `libprocess/${from}` },
        body: values.bytes(type),
      };
    }
  }
}
