import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatZooKeeperAddress, parseZooKeeperAddress } from './address.ts';

const valid: [text: string, shown: string, credentials?: string][] = [
  ['zk://a:1,b:2,c:3/mesos', 'zk://a:1,b:2,c:3/mesos'],
  ['  zk://a:1/mesos/\n', 'zk://a:1/mesos'],
  ['zk://a/mesos', 'zk://a:2181/mesos'],
  ['zk://[::1]:5,10.0.0.1:6/a/b', 'zk://[::1]:5,10.0.0.1:6/a/b'],
  ['zk://user:pass@a:1/mesos', 'zk://a:1/mesos', 'user:pass'],
  ['zk://user:p:a@s/s@a:1/mesos', 'zk://a:1/mesos', 'user:p:a@s/s'],
];
for (const [text, shown, credentials] of valid) {
  test(`parses '${text.trim()}'`, () => {
    const address = parseZooKeeperAddress(text);
    assert.equal(formatZooKeeperAddress(address), shown);
    assert.equal(address.credentials, credentials);
  });
}

const invalid: [text: string, problem: RegExp][] = [
  ['', /Expecting 'zk:\/\/' at the beginning/],
  ['http://a:1/mesos', /Expecting 'zk:\/\/' at the beginning/],
  ['zk://', /Expecting a server/],
  ['zk:///mesos', /Expecting a server/],
  ['zk://a:1', /Expecting a \(chroot\) path for ZooKeeper \('\/' is not supported\)/],
  ['zk://a:1/', /Expecting a \(chroot\) path/],
  ['zk://a:1,/mesos', /'' is not a server/],
  ['zk://a:0/mesos', /'a:0' is not a server/],
  ['zk://a:65536/mesos', /'a:65536' is not a server/],
  ['zk://a:b/mesos', /'a:b' is not a server/],
  ['zk://a b:1/mesos', /'a b:1' is not a server/],
  ['zk://secret@a:1/mesos', /Expecting user:password before the '@'/],
  ['zk://:secret@a:1/mesos', /Expecting user:password before the '@'/],
  ['zk://user:@a:1/mesos', /Expecting user:password before the '@'/],
  ['zk://a:1//mesos', /'\/\/mesos' is not a path/],
  ['zk://a:1/a/../b', /'\/a\/..\/b' is not a path/],
  ['zk://a:1/zookeeper/quota', /'\/zookeeper\/quota' is not a path/],
  ['zk://a:1/a\u0000', /is not a path/],
  [`zk://${'a:1,'.repeat(100)}a:1/mesos`, /More than 100 servers/],
  ['zk://user:secret@a:0/mesos', /'a:0' is not a server/],
];
for (const [text, problem] of invalid) {
  test(`refuses '${text.slice(0, 50)}'`, () => {
    assert.throws(
      () => parseZooKeeperAddress(text),
      (error: Error) => problem.test(error.message) && !error.message.includes('secret'),
    );
  });
}
