import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MasterInfo } from '@meseta/protocol';
import { silentLogger } from '@meseta/telemetry/testing';
import { LeadershipLostError, Mastership } from './mastership.ts';

const infoOf = (id: string): MasterInfo => ({ id, ip: 0, port: 5050 });

for (let turns = 0; turns < 12; turns++) {
  test(`deposed ${turns} microtasks after it was elected, it closes its term and fails`, async () => {
    let tell: (leader: MasterInfo | undefined) => void = () => undefined;
    const open = new Set<string>();
    const failures: Error[] = [];
    const mastership = new Mastership({
      leadership: {
        contender: {
          contend: async () => ({
            lost: new Promise(() => undefined),
            isHeld: true,
            withdraw: async () => undefined,
          }),
        },
        detector: {
          watch(onChange) {
            tell = onChange;
            onChange(undefined);
            return () => undefined;
          },
        },
      },
      newInfo: () => infoOf('own'),
      async openTerm({ id }) {
        open.add(id);
        return { close: async () => void open.delete(id) };
      },
      onFailure: error => void failures.push(error),
      log: silentLogger(),
    });
    await mastership.start();
    tell(infoOf('own'));
    for (let turn = 0; turn < turns; turn++) await undefined;
    tell(infoOf('other'));
    await new Promise(setImmediate);
    assert.equal(mastership.term, undefined);
    assert.deepEqual([...open], []);
    assert.equal(failures.length, 1);
    assert.ok(failures[0] instanceof LeadershipLostError);
    tell(infoOf('own'));
    await new Promise(setImmediate);
    assert.equal(mastership.term, undefined, 'it does not lead again');
  });
}
