import { type ZooKeeperAddress, ZooKeeperSession } from '@meseta/storage/zookeeper';

/**
 * Changes nodes with nothing but a session: each node is set again when its last change is answered.
 *
 * @param address of a node that does not exist.
 * @param count of changes, of all nodes together.
 * @returns milliseconds.
 */
export async function bareChanges(
  address: ZooKeeperAddress,
  nodes: number,
  count: number,
  bytes: Uint8Array,
): Promise<number> {
  const session = new ZooKeeperSession({ address, timeoutMs: 10_000 });
  try {
    await session.create(address.path, bytes);
    await Promise.all(Array.from({ length: nodes }, (_, i) => session.create(`${address.path}/${i}`, bytes)));
    const start = performance.now();
    const writer = async (node: number) => {
      for (let i = 0; i < count / nodes; i++) await session.set(`${address.path}/${node}`, bytes);
    };
    await Promise.all(Array.from({ length: nodes }, (_, node) => writer(node)));
    return performance.now() - start;
  } finally {
    await session.close();
  }
}
