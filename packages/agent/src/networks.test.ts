/** Containers in CNI networks: bridges, addresses, ports and files, with the plugins of Debian. */
import assert from 'node:assert/strict';
import { testInOwnNetwork } from '@meseta/system/testing';
import { NetworkBench, networkPackages, run } from './testing/networks.ts';
import { startTestAgent } from './testing/test-agent.ts';

const test = testInOwnNetwork(import.meta.url, networkPackages);

test('containers of a network reach each other, and the status has their addresses', async t => {
  const bench = await NetworkBench.make(t);
  await bench.writeBridge('web', 1);
  const agent = await startTestAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => agent.shutdown());
  bench.command('server', 'exec python3 -m http.server 80', [{ name: 'web', labels: { labels: [{ key: 'a' }] } }]);
  const [address = ''] = await bench.addresses('server');
  assert.match(address, /^10\.91\.1\.\d+$/);
  const { status } = await bench.at.master.until('server', 'TASK_RUNNING');
  assert.deepEqual(status.container_status?.network_infos, [
    {
      labels: { labels: [{ key: 'a' }] },
      name: 'web',
      ip_addresses: [{ protocol: 'IPv4', ip_address: address }],
    },
  ]);
  const page = await bench.output('client', `curl -sS --retry 50 --retry-connrefused http://${address}/`, [
    { name: 'web' },
  ]);
  assert.match(page, /Directory listing/);
  await agent.shutdown();
  await bench.untilNothingIsLeft();
  assert.match(await run('ip', '-br', 'link'), /^br1 /m);
});
