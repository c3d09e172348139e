import assert from 'node:assert/strict';
import { openSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { systemProblem } from './system-problem.ts';

const cases: { name: string; fail: () => void; says: RegExp }[] = [
  { name: 'the system', fail: () => openSync('/none/x', 'r'), says: /^no such file or directory \(ENOENT\)$/ },
  { name: 'Node.js, with a number', fail: () => rmSync('/proc'), says: /is a directory/ },
  {
    name: 'a program',
    fail: () => {
      throw new Error('no');
    },
    says: /^no$/,
  },
];
for (const { name, fail, says } of cases) {
  test(`an error of ${name}`, () => {
    let problem = '';
    try {
      fail();
    } catch (error) {
      problem = systemProblem(error as NodeJS.ErrnoException);
    }
    assert.match(problem, says);
  });
}
