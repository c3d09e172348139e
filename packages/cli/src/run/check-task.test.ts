import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TaskInfo } from '@meseta/protocol';
import { messageProblem } from './check-task.ts';

const cases: [value: unknown, problem: RegExp | undefined][] = [
  [{ name: 'x', command: { value: 'true' } }, undefined],
  [
    { limits: { mem: { value: 32 } }, resources: [{ name: 'cpus', type: 'SCALAR', scalar: { value: '1' } }] },
    undefined,
  ],
  [[], /^a TaskInfo is a JSON object, not a list$/],
  [7, /^a TaskInfo is a JSON object, not 7$/],
  [null, /not null$/],
  [{ comand: {} }, /^there is no field comand in TaskInfo; did you mean command\?$/],
  [
    { command: { uris: [{ value: 'a' }, { valeu: 'b' }] } },
    /^there is no field command\.uris\[1\]\.valeu in URI; did you mean value\?$/,
  ],
  [{ command: 'echo' }, /^command is a JSON object, not "echo"$/],
  [{ command: { value: 7 } }, /^command\.value is a text in quotes, not 7$/],
  [{ command: { shell: 'no' } }, /^command\.shell is true or false, not "no"$/],
  [{ resources: {} }, /^resources is a list, not an object$/],
  [{ resources: [{ type: 'SCALER' }] }, /^resources\[0\]\.type is one of SCALAR, /],
  [{ resources: [{ scalar: { value: 'x' } }] }, /^resources\[0\]\.scalar\.value is a number, not "x"$/],
  [{ limits: { cpus: 3 } }, /^limits\.cpus is a JSON object, not 3$/],
];
for (const [value, problem] of cases) {
  test(`${JSON.stringify(value)} ${problem ? 'is refused' : 'is a TaskInfo'}`, () => {
    const found = messageProblem(TaskInfo as never, value);
    if (problem) assert.match(found ?? '', problem);
    else assert.equal(found, undefined);
  });
}
