/** What may happen to a cluster, and how it is undone. */

import type { Supervised } from './cluster.ts';
import { cutByChance } from './cuts.ts';
import type { Fault, Hands } from './fault.ts';

type Ways = 'SIGKILL' | 'SIGTERM' | 'SIGSTOP';

function onProcess(hands: Hands, victim: Supervised, way: Ways, longestMs: number): Fault {
  return {
    name: `${way} ${victim.name}`,
    victims: [victim],
    longestMs,
    costsLead: victim.kind === 'master',
    begin: () => (way === 'SIGSTOP' ? hands.pause(victim) : hands.end(victim, way)),
    end: () => hands.restore(victim),
  };
}

function ofEnsemble({ cluster: { zookeeper }, random }: Hands, count: 1 | 2, way: 'SIGKILL' | 'SIGSTOP'): Fault {
  const first = random.below(3);
  const servers = Array.from({ length: count }, (_, index) => zookeeper.server((first + index) % 3));
  return {
    name: `${way} ZooKeeper ${servers.map(({ id }) => id).join(' and ')}`,
    // Only one fault at a time decides whether there is a majority.
    victims: [zookeeper],
    longestMs: count === 1 ? 3000 : 5000,
    costsLead: true,
    async begin() {
      for (const server of servers) way === 'SIGSTOP' ? server.stop() : await server.kill();
    },
    async end() {
      for (const server of servers) server.running ? server.continue() : server.spawn();
    },
  };
}

function cutConnection({ cluster: { way } }: Hands): Fault | undefined {
  return (
    way && {
      name: 'cut the connection of master-1 to ZooKeeper',
      victims: [way],
      longestMs: 5000,
      costsLead: true,
      begin: async () => way.cut(),
      end: async () => way.mend(),
    }
  );
}

/** Faults by how often they happen. */
const table: readonly (readonly [weight: number, make: (hands: Hands) => Fault | undefined])[] = [
  [3, hands => hands.leader && onProcess(hands, hands.leader, 'SIGKILL', 1500)],
  [1, hands => hands.leader && onProcess(hands, hands.leader, 'SIGTERM', 1500)],
  [3, hands => hands.leader && onProcess(hands, hands.leader, 'SIGSTOP', 6000)],
  [2, hands => onProcess(hands, hands.random.pick(hands.cluster.masters), 'SIGKILL', 1500)],
  [4, hands => onProcess(hands, hands.random.pick(hands.cluster.agents), 'SIGKILL', 1500)],
  [2, hands => onProcess(hands, hands.random.pick(hands.cluster.agents), 'SIGTERM', 1500)],
  [2, hands => onProcess(hands, hands.random.pick(hands.cluster.agents), 'SIGSTOP', 4000)],
  // Long enough for the masters to count it as unreachable.
  [2, hands => onProcess(hands, hands.random.pick(hands.cluster.agents), 'SIGSTOP', 10_000)],
  [3, hands => onProcess(hands, hands.random.pick(hands.cluster.frameworks), 'SIGKILL', 1000)],
  [1, hands => onProcess(hands, hands.random.pick(hands.cluster.frameworks), 'SIGTERM', 1000)],
  [1, hands => onProcess(hands, hands.random.pick(hands.cluster.frameworks), 'SIGSTOP', 4000)],
  [2, hands => ofEnsemble(hands, 1, 'SIGKILL')],
  [1, hands => ofEnsemble(hands, 1, 'SIGSTOP')],
  [1, hands => ofEnsemble(hands, 2, 'SIGKILL')],
  [1, cutConnection],
  [8, cutByChance],
];
const weighted = table.flatMap(([weight, make]) => Array.from({ length: weight }, () => make));

/** Returns a fault by chance; undefined when that one cannot happen now. */
export const faultByChance = (hands: Hands): Fault | undefined => hands.random.pick(weighted)(hands);
