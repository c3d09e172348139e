/**
 * `cgroups/blkio`: what a container reads from disks and writes to them. It limits nothing; an operator can, in the group of
 * all containers (`--cgroups_root`).
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/cgroups/subsystems/blkio.cpp
 */
import type {
  CgroupInfoBlkioOperation,
  CgroupInfoBlkioThrottlingStatistics,
  CgroupInfoBlkioValue,
  DeviceNumber,
  ResourceStatistics,
} from '@meseta/protocol';
import { type Controller, type ControllerParts, type Group, read, unless } from './controller.ts';

/** Makes the controller of `cgroups/blkio`, which is called `io` in version 2. */
export function blkioController({ cgroups }: ControllerParts): Controller[] {
  const hierarchy = cgroups.hierarchy('blkio', 'io');
  return [{ hierarchy, usage: hierarchy.version === 1 ? usageOfVersion1 : usageOfVersion2 }];
}

/** One number of one device, or of all together. */
interface Value {
  readonly device: string | undefined;
  readonly op: CgroupInfoBlkioOperation;
  readonly value: number;
}

async function usageOfVersion1(group: Group): Promise<Partial<ResourceStatistics>> {
  // Linux 5.0 removed the scheduler CFQ, which had numbers of its own. A kernel may lack throttling.
  const lines = async (file: string) => (await read(group, file).catch(unless('ENOENT'))) ?? '';
  const [serviced, bytes] = await Promise.all(
    ['blkio.throttle.io_serviced', 'blkio.throttle.io_service_bytes'].map(lines),
  );
  return statistics(parseVersion1(serviced ?? ''), parseVersion1(bytes ?? ''));
}

async function usageOfVersion2(group: Group): Promise<Partial<ResourceStatistics>> {
  const { serviced, bytes } = parseVersion2(await read(group, 'io.stat'));
  return statistics(serviced, bytes);
}

/** Parses lines like `8:0 Read 4096` and `Total 4096`. */
export function parseVersion1(text: string): Value[] {
  return text.split('\n').flatMap(line => {
    const [, device, op, value] = /^(?:(\d+:\d+) )?(\w+) (\d+)$/.exec(line) ?? [];
    return op === undefined ? [] : [{ device, op: operations[op.toLowerCase()] ?? 'UNKNOWN', value: Number(value) }];
  });
}

const operations: Readonly<Record<string, CgroupInfoBlkioOperation>> = {
  ...({ total: 'TOTAL', read: 'READ', write: 'WRITE' } as const),
  ...({ sync: 'SYNC', async: 'ASYNC', discard: 'DISCARD' } as const),
};

/** Parses lines like `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6`. */
export function parseVersion2(text: string): { readonly serviced: Value[]; readonly bytes: Value[] } {
  const all = text.split('\n').flatMap(line => {
    const [device = '', ...pairs] = line.split(' ');
    return pairs.flatMap(pair => {
      const [, letter = '', kind, value] = /^([rwd])(ios|bytes)=(\d+)$/.exec(pair) ?? [];
      const op = ({ r: 'READ', w: 'WRITE', d: 'DISCARD' } as const)[letter];
      return op === undefined ? [] : [{ kind, device, op, value: Number(value) }];
    });
  });
  const of = (wanted: string) => all.filter(({ kind }) => kind === wanted).map(({ kind: _, ...value }) => value);
  return { serviced: of('ios'), bytes: of('bytes') };
}

function statistics(serviced: readonly Value[], bytes: readonly Value[]): Partial<ResourceStatistics> {
  const devices = [...new Set([...serviced, ...bytes].map(({ device }) => device))].filter(each => each !== undefined);
  const ofDevice = (device: string | undefined): CgroupInfoBlkioThrottlingStatistics => {
    const numbers = { io_serviced: valuesOf(serviced, device), io_service_bytes: valuesOf(bytes, device) };
    return device === undefined ? numbers : { device: parseDevice(device), ...numbers };
  };
  return { blkio_statistics: { throttling: [...devices.map(ofDevice), ofDevice(undefined)] } };
}

function valuesOf(values: readonly Value[], wanted: string | undefined): CgroupInfoBlkioValue[] {
  return values.filter(({ device }) => device === wanted).map(({ op, value }) => ({ op, value }));
}

function parseDevice(device: string): DeviceNumber {
  const [major_number = 0, minor_number = 0] = device.split(':').map(Number);
  return { major_number, minor_number };
}
