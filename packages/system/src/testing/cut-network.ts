/** Machines of a test, joined by a network whose directions can be cut one by one. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where a process of a test runs. */
export interface Place {
  /** What it listens on. */
  readonly ip: string;
  /** Words before its command; the process keeps its id. */
  readonly enter: readonly string[];
}

/** The machine of the test itself. */
export const thisMachine: Place = { ip: '127.0.0.1', enter: [] };

/** A direction between two places. */
export type Direction = readonly [from: Place, to: Place];

const [bridge, subnet] = ['cuts', '10.77.0'];

/**
 * Network namespaces on one bridge, to which the test itself also belongs: it reaches every place, whatever is cut
 * between them. Only for a process in a network and a mount table of its own, as `testInOwnNetwork` gives it: nothing is
 * removed, because all ends with that process, even when it is killed.
 */
export class CutNetwork {
  readonly #names = new Map<Place, string>();

  static async make(): Promise<CutNetwork> {
    // The namespaces have names in /run, and that of the machine is not to know them.
    await shell(`mount -t tmpfs tmpfs /run
      ip link add ${bridge} type bridge && ip addr add ${subnet}.1/24 dev ${bridge} && ip link set ${bridge} up`);
    return new CutNetwork();
  }

  private constructor() {}

  /** Adds a machine. @param name at most 10 letters, digits and `-`. */
  async place(name: string): Promise<Place> {
    const ip = `${subnet}.${this.#names.size + 2}`;
    await shell(`ip netns add ${name} && ip link add to-${name} type veth peer name eth0 netns ${name}
      ip link set to-${name} master ${bridge} up && ip -n ${name} link set lo up
      ip -n ${name} addr add ${ip}/24 dev eth0 && ip -n ${name} link set eth0 up`);
    const place = { ip, enter: ['nsenter', `--net=/run/netns/${name}`, '--'] };
    this.#names.set(place, name);
    return place;
  }

  /** Drops, without a sign to either side, all that is sent in these directions. @returns undoes it. */
  async cut(directions: readonly Direction[]): Promise<() => Promise<void>> {
    await this.#filter('-A', directions);
    return () => this.#filter('-D', directions);
  }

  /** Pulls the plug of a machine, which then reaches nothing and is reached by nothing. @returns puts it back. */
  async unplug(place: Place): Promise<() => Promise<void>> {
    const set = (state: string) => shell(`ip link set to-${this.#name(place)} ${state}`);
    await set('down');
    return () => set('up');
  }

  #filter(change: '-A' | '-D', directions: readonly Direction[]): Promise<void> {
    return shell(
      directions
        .map(([from, to]) => `ip netns exec ${this.#name(to)} iptables -w ${change} INPUT -s ${from.ip} -j DROP`)
        .join('\n'),
    );
  }

  #name(place: Place): string {
    const name = this.#names.get(place);
    if (name === undefined) throw new Error(`${place.ip} does not belong to this network`);
    return name;
  }
}

/** Both directions between each of one side and each of the other. */
export const between = (some: readonly Place[], others: readonly Place[]): Direction[] => [
  ...oneWay(some, others),
  ...oneWay(others, some),
];

/** The directions from each of one side to each of the other. */
export const oneWay = (from: readonly Place[], to: readonly Place[]): Direction[] =>
  from.flatMap(each => to.filter(other => other !== each).map((other): Direction => [each, other]));

async function shell(script: string): Promise<void> {
  await run('sh', ['-ec', script]);
}
