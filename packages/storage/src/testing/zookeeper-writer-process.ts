/**
 * Opens a store in ZooKeeper and commits without end, for tests that kill it. Arguments: the address, and the name of
 * this writer. Prints `open`, `ack LANE NUMBER` for each acknowledged commit, and `ended CODE: MESSAGE` when it may write no more.
 *
 * Each lane counts. A commit sets the lane's counter, and creates a variable with the writer's name for its number; some
 * also set a variable that is larger than a node. So the variables are the history of all commits.
 *
 * With `CRASH=before 3` in its environment it ends as by kill -9 before its third transaction is sent, with
 * `CRASH=after 3` when the third has been answered.
 */

import { parseZooKeeperAddress, ZooKeeperSession, zooKeeperEngine } from '../zookeeper/index.ts';
import { isLarge, isStorageError, lanes, largeValue } from './history.ts';

const [url = '', writer = ''] = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);

const [when, number] = (process.env.CRASH ?? '').split(' ');
let transactions = 0;
const transaction = ZooKeeperSession.prototype.transaction;
ZooKeeperSession.prototype.transaction = async function (this: ZooKeeperSession, steps) {
  const isLast = ++transactions === Number(number);
  if (isLast && when === 'before') process.kill(process.pid, 'SIGKILL');
  const results = await transaction.call(this, steps);
  if (isLast && when === 'after') process.kill(process.pid, 'SIGKILL');
  return results;
};

const engine = zooKeeperEngine({
  address: parseZooKeeperAddress(url),
  sessionTimeoutMs: 1500,
  openTimeoutMs: 60_000,
  commitTimeoutMs: 60_000,
  limits: { records: when ? 10 : 40, bytes: 10_000_000 },
});

try {
  const storage = await engine.openTerm();
  const versions = new Map([...(await storage.load()).values()].map(({ name, version }) => [name, version]));
  const counters = new Map([...(await storage.load()).values()].map(({ name, value }) => [name, Buffer.from(value)]));
  say('open');
  await Promise.all(
    lanes.map(async lane => {
      for (let count = Number(counters.get(`${lane}/count`) ?? 0) + 1; ; count++) {
        const change = (name: string, value: Uint8Array) => ({
          name,
          value,
          expectedVersion: versions.get(name) ?? 0,
        });
        const stored = await storage.commit([
          change(`${lane}/count`, Buffer.from(`${count}`)),
          change(`${lane}/${count}`, Buffer.from(writer)),
          ...(isLarge(count) ? [change(`${lane}/large`, largeValue(count))] : []),
        ]);
        for (const [name, version] of stored) versions.set(name, version);
        say(`ack ${lane} ${count}`);
      }
    }),
  );
} catch (error) {
  say(`ended ${isStorageError(error) ? error.code : ''}: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(0);
}
