/** The election of Mesos masters, and what their nodes contain. */
import { isIP } from 'node:net';
import { parsePid } from '@meseta/process';
import { decode, excerpt, fromJson, MasterInfo, parseJson } from '@meseta/protocol';
import type { Leadership } from '../leadership.ts';
import type { ZooKeeperAddress } from './address.ts';
import { type CandidateCodec, candidateOf, type ElectionOptions, zooKeeperElection } from './election.ts';
import { ZooKeeperSession } from './session.ts';

/**
 * Makes the election of masters at an address, whose nodes masters, agents and frameworks of Apache Mesos understand.
 *
 * @see Mesos src/master/contender/zookeeper.cpp and src/master/detector/zookeeper.cpp
 */
export function masterElection(options: Omit<ElectionOptions<MasterInfo>, 'codec'>): Leadership<MasterInfo> {
  return zooKeeperElection({ ...options, codec: masterCodec });
}

/**
 * Lists the masters that take part in an election: the leading one and those that stand by, in no order. A node that cannot be
 * read is left out, because its master may have just left.
 *
 * @throws {ZooKeeperError} when ZooKeeper does not answer in time, or refuses.
 */
export async function electedMasters(address: ZooKeeperAddress, timeoutMs: number): Promise<MasterInfo[]> {
  const session = new ZooKeeperSession({ address, timeoutMs });
  try {
    if ((await session.exists(address.path)) === undefined) return [];
    const candidates = (await session.children(address.path)).flatMap(
      name => candidateOf(name, masterCodec.labels) ?? [],
    );
    const read = candidates.map(async ({ name, label }) => {
      const { data, stat } = await session.get(`${address.path}/${name}`);
      return stat.owner === 0n ? [] : [masterCodec.decode(label, data)]; // no master's session holds the node
    });
    return (await Promise.allSettled(read)).flatMap(each => (each.status === 'fulfilled' ? each.value : []));
  } finally {
    await session.close();
  }
}

/** How the data of a node is read, by its label. Mesos wrote a pid first, a binary MasterInfo until 0.23, JSON since. */
const readers: Readonly<Record<string, (data: Buffer) => MasterInfo>> = {
  '': data => fromPid(data.toString()),
  info: data => decode(MasterInfo, data),
  'json.info': data => fromJson(MasterInfo, parseJson(data.toString())),
};

/** The nodes of masters. */
const masterCodec: CandidateCodec<MasterInfo> = {
  label: 'json.info',
  labels: new Set(Object.keys(readers)),
  encode: info => Buffer.from(JSON.stringify(sorted(info))),
  decode(label, data) {
    const info = (readers[label] as (data: Buffer) => MasterInfo)(data);
    checkAddresses(info);
    return info;
  },
};

/** Every client that may write to ZooKeeper can write them, and they become parts of URLs. @throws {Error} for one that is none. */
function checkAddresses({ hostname = '', port, pid, address }: MasterInfo): void {
  const isPort = (value: number) => value >= 1 && value <= 65_535;
  const wrong =
    (!/^[\w.:-]*$/.test(hostname) && hostname) ||
    (!isPort(port) && `${hostname}:${port}`) ||
    (pid !== undefined && parsePid(pid) === undefined && pid) ||
    (address && !(isIP(address.ip ?? '') || address.ip === undefined) && address.ip) ||
    (address && !isPort(address.port) && `${address.ip}:${address.port}`);
  if (wrong) throw new Error(`the leading master's node has the address '${excerpt(wrong, 100)}'`);
}

function fromPid(text: string): MasterInfo {
  const pid = parsePid(text);
  if (pid === undefined) throw new Error(`the leading master's node has the pid '${excerpt(text, 100)}'`);
  const { ip, port } = pid;
  return { id: '', ip: 0, port, pid: text, hostname: ip, address: { hostname: ip, ip, port } };
}

/** Mesos writes the fields of an object in the order of their names. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(fields.map(([name, field]) => [name, sorted(field)]));
}
