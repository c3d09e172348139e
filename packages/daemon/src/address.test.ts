import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkFlags, parseFlags } from '@meseta/flags';
import { daemonAddress, openToAll } from './address.ts';

const find = (...argv: string[]) => daemonAddress(parseFlags(networkFlags('5050'), argv).flags);

test('what is given is taken as it is', async () => {
  assert.deepEqual(
    await find('--ip=127.0.0.1', '--hostname=box', '--port=0', '--advertise_ip=10.0.0.1', '--advertise_port=80'),
    {
      bindIp: '127.0.0.1',
      bindPort: 0,
      ip: '10.0.0.1',
      port: 80,
      hostname: 'box',
    },
  );
});

test('without a lookup the address is the name', async () => {
  assert.equal((await find('--ip=127.0.0.1', '--no-hostname_lookup')).hostname, '127.0.0.1');
});

test('a command may find the address', async () => {
  const { bindIp, ip } = await find('--ip_discovery_command=echo 127.0.0.2', '--no-hostname_lookup');
  assert.deepEqual([bindIp, ip], ['127.0.0.2', '127.0.0.2']);
  await assert.rejects(find('--ip_discovery_command=echo nonsense'), { code: 'ADDRESS_UNKNOWN' });
  await assert.rejects(find('--ip_discovery_command=exit 1'), { code: 'ADDRESS_UNKNOWN' });
});

const at = { address: '127.0.0.1', port: 5050 };
const warnings: { name: string; asks: Record<string, boolean>; warning: RegExp | undefined }[] = [
  {
    name: 'nobody',
    asks: { a: false, b: false },
    warning: /^This master has no authentication: every user of this machine/,
  },
  {
    name: 'some',
    asks: { a: true, b: false, c: false },
    warning: /asks only some clients who they are: without --b, --c, every user/,
  },
  { name: 'everybody', asks: { a: true, b: true }, warning: undefined },
];
for (const { name, asks, warning } of warnings) {
  test(`the warning of a master that asks ${name}`, () => {
    const said = openToAll('master', at, asks);
    if (warning === undefined) assert.equal(said, undefined);
    else assert.match(said ?? '', warning);
  });
}
