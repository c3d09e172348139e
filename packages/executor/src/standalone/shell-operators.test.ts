import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endsInExec, operatorBehind } from './shell-operators.ts';

const lines: { line: string; always?: string; withoutExec?: string }[] = [
  { line: 'sleep 1' },
  { line: 'a | b', always: '|' },
  { line: 'a |& b', always: '|&' },
  { line: 'a & b', always: '&' },
  { line: 'a&', always: '&' },
  { line: 'a; b', withoutExec: ';' },
  { line: 'a && b', withoutExec: '&&' },
  { line: 'a || b', withoutExec: '||' },
  { line: 'a\nb', withoutExec: 'line feed' },
  { line: 'a; b | c', always: '|', withoutExec: ';' },
  { line: `sh -c 'a | b & c; d'` },
  { line: `sh -c "a | \\"b\\" & c"` },
  { line: 'echo a\\|b \\& \\;' },
  { line: 'a >log 2>&1' },
  { line: 'a &>log' },
  { line: 'a >|log <&3' },
  { line: 'a # | b' },
  { line: 'a#|b', always: '|' },
  { line: 'curl "http://h/?a=1&b=2"' },
  { line: 'curl http://h/?a=1&b=2', always: '&' },
];
for (const { line, always, withoutExec = always } of lines) {
  test(`${JSON.stringify(line)}: ${always ?? 'nothing'}, without exec ${withoutExec ?? 'nothing'}`, () => {
    assert.equal(operatorBehind(line, true), always);
    assert.equal(operatorBehind(line, false), withoutExec);
  });
}

const beginnings: [before: string, isExec: boolean][] = [
  ['exec ', true],
  ['exec node ', true],
  ['cd /x && exec env A=1 ', true],
  ['A=1 B=2 exec ', true],
  ['', false],
  ['/opt/meseta/', false],
  ['exec true; ', false],
  ['echo exec ', false],
];
for (const [before, isExec] of beginnings) {
  test(`'${before}' is ${isExec ? '' : 'not '}run by exec`, () => assert.equal(endsInExec(before), isExec));
}
