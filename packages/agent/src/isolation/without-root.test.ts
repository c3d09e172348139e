import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutRoot } from './without-root.ts';

test('an agent of root lacks nothing', () => assert.equal(withoutRoot(0), undefined));

test('another agent says whose processes tasks are, and what they cannot have', () => {
  assert.match(
    withoutRoot(65534) ?? '',
    /does not run as root: all tasks run as the agent's user, those that name another one fail.*volumes.*images.*networks/,
  );
});
