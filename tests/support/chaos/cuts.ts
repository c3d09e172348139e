/** Cuts of a network in which each process of a cluster has a machine of its own. */

import type { ZooKeeper } from '@meseta/storage/testing';
import { between, type CutNetwork, type Direction, oneWay, type Place } from '@meseta/system/testing';
import type { ChaosCluster, Supervised } from './cluster.ts';
import type { Fault, Hands } from './fault.ts';

/** What is cut, and from what. */
export interface Cut {
  readonly name: string;
  readonly directions: readonly Direction[];
}

const placesOf = (all: readonly { readonly place: Place }[]): Place[] => all.map(({ place }) => place);
const everywhere = ({ zookeeper, all }: ChaosCluster) => placesOf([...zookeeper.servers, ...all]);

/** How much of a connection is cut. */
export type Ways = 'both ways' | 'to it' | 'from it';

const directions: Readonly<Record<Ways, (some: readonly Place[], others: readonly Place[]) => Direction[]>> = {
  'both ways': between,
  'to it': (some, others) => oneWay(others, some),
  'from it': oneWay,
};

/** A process from all servers of ZooKeeper, and from nothing else. */
export const fromZooKeeper = ({ zookeeper }: ChaosCluster, { name, place }: Supervised, ways: Ways): Cut => ({
  name: `cut ${name} from ZooKeeper, ${ways}`,
  directions: directions[ways]([place], placesOf(zookeeper.servers)),
});

/** A process from all masters, and from nothing else. */
export const fromMasters = ({ masters }: ChaosCluster, { name, place }: Supervised, ways: Ways): Cut => ({
  name: `cut ${name} from the masters, ${ways}`,
  directions: directions[ways]([place], placesOf(masters)),
});

/** A process and one server of ZooKeeper from everything else. */
export function withMinority(cluster: ChaosCluster, { name, place }: Supervised, index: number): Cut {
  const server = cluster.zookeeper.server(index);
  const some = [place, server.place];
  return {
    name: `cut ${name} and ZooKeeper ${server.id} from everything else`,
    directions: between(
      some,
      everywhere(cluster).filter(each => !some.includes(each)),
    ),
  };
}

/** All servers of ZooKeeper from each other; clients reach them. */
export function ensembleApart({ zookeeper }: ChaosCluster): Cut {
  const places = placesOf(zookeeper.servers);
  return { name: 'cut the servers of ZooKeeper from each other', directions: oneWay(places, places) };
}

const ways: readonly Ways[] = ['both ways', 'to it', 'from it'];

interface Possible {
  readonly cut: Cut;
  readonly longestMs: number;
  readonly victims: readonly object[];
}

const ofLeader = (make: (hands: Hands, leader: Supervised) => Cut) => (hands: Hands) =>
  hands.leader && { cut: make(hands, hands.leader), longestMs: 6000, victims: [hands.cluster.zookeeper] };

const table: readonly ((hands: Hands) => Possible | undefined)[] = [
  ofLeader(({ cluster, random }, leader) => fromZooKeeper(cluster, leader, random.pick(ways))),
  ofLeader(({ cluster, random }, leader) => withMinority(cluster, leader, random.below(3))),
  ofLeader(({ cluster }) => ensembleApart(cluster)),
  ...(['agents', 'frameworks'] as const).map(kind => ({ cluster, random }: Hands) => {
    const victim = random.pick<Supervised>(cluster[kind]);
    const cut = fromMasters(cluster, victim, random.pick(ways));
    return { cut, longestMs: random.pick([3000, 12_000]), victims: [victim] };
  }),
];

/** Returns a cut by chance; undefined where all processes are on one machine, or no leader is known. */
export function cutByChance(hands: Hands): Fault | undefined {
  const { network, zookeeper } = hands.cluster;
  const possible = network && hands.random.pick(table)(hands);
  return possible && faultOf(network, zookeeper, possible);
}

function faultOf(network: CutNetwork, zookeeper: ZooKeeper, { cut, longestMs, victims }: Possible): Fault {
  let mend = async () => {};
  return {
    ...{ name: cut.name, victims, longestMs },
    costsLead: victims.includes(zookeeper),
    begin: async () => {
      mend = await network.cut(cut.directions);
    },
    end: () => mend(),
  };
}
