import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { launchFailure } from './launch-request.ts';

const { EACCES, EAGAIN, ENOMEM } = constants.errno;
const spec = {
  file: '/bin/x',
  argv: ['x'],
  environment: {},
  workingDirectory: '/w',
  stdout: '/w/stdout',
  stderr: '/w/stderr',
} as unknown as Parameters<typeof launchFailure>[0];

const failures: [step: string, errno: number, message: RegExp][] = [
  [
    'fork',
    EAGAIN,
    /^Failed to fork: EAGAIN: .*: there are as many processes as .* raise the limit \(ulimit -u, TasksMax=/,
  ],
  ['fork', ENOMEM, /^Failed to fork: ENOMEM: [^:]*$/],
  ['exec', EACCES, /^Failed to execute '\/bin\/x': EACCES: permission denied$/],
  ['stdout', EACCES, /^Failed to open '\/w\/stdout': EACCES: /],
];
for (const [step, errno, message] of failures) {
  test(`${step} that fails with ${errno} is told`, () =>
    assert.match(launchFailure(spec, errno, step).message, message));
}
