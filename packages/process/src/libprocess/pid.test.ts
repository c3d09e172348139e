import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPid, type Pid, parsePid } from './pid.ts';

const cases: { text: string; pid: Pid | undefined }[] = [
  { text: 'master@127.0.0.1:5050', pid: { id: 'master', ip: '127.0.0.1', port: 5050 } },
  { text: 'slave(1)@10.0.0.1:5051', pid: { id: 'slave(1)', ip: '10.0.0.1', port: 5051 } },
  { text: 'scheduler-9b1c_x.y@[::1]:1', pid: { id: 'scheduler-9b1c_x.y', ip: '::1', port: 1 } },
  { text: '', pid: undefined },
  { text: 'master', pid: undefined },
  { text: '@127.0.0.1:5050', pid: undefined },
  { text: 'master@127.0.0.1', pid: undefined },
  { text: 'master@127.0.0.1:0', pid: undefined },
  { text: 'master@127.0.0.1:65536', pid: undefined },
  { text: 'master@127.0.0.256:5050', pid: undefined },
  { text: 'master@::1:5050', pid: undefined },
  { text: 'master@host:5050', pid: undefined },
  { text: 'a/b@127.0.0.1:5050', pid: undefined },
  { text: 'a@b@127.0.0.1:5050', pid: undefined },
  { text: 'a b@127.0.0.1:5050', pid: undefined },
  { text: 'a\r\nX: y@127.0.0.1:5050', pid: undefined },
  { text: 'master@127.0.0.1:5050\n', pid: undefined },
];
for (const { text, pid } of cases) {
  test(`pid ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parsePid(text), pid);
    if (pid) assert.equal(formatPid(pid), text);
  });
}
