import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loginShell } from '@meseta/scheduler';
import { commandOf, launchOf, terminalRequest } from './request.ts';

const ids = 'framework_id=F&task_id=t';
const read = (query: string) => terminalRequest(new URLSearchParams(query));

test('without more, a terminal is a shell of the usual size', () => {
  assert.deepEqual(read(ids), {
    ...{ frameworkId: 'F', taskId: 't', argv: loginShell, size: { rows: 24, columns: 80 } },
    ...{ term: undefined, user: undefined, window: undefined, inputWindow: undefined },
  });
  assert.deepEqual(commandOf(read(ids)), { shell: false, value: 'sh', arguments: [...loginShell] });
});

test('the words of a command stay as they are', () => {
  const request = read(
    `${ids}&command=printf&command=%25s&command=&command=a%20b&rows=1&columns=65535&term=vt100&user=web`,
  );
  assert.deepEqual(launchOf(request, { value: 'c' }), {
    container_id: { value: 'c' },
    command: {
      ...{ shell: false, value: 'printf', arguments: ['printf', '%s', '', 'a b'], user: 'web' },
      environment: { variables: [{ name: 'TERM', value: 'vt100' }] },
    },
    container: { type: 'MESOS', tty_info: { window_size: { rows: 1, columns: 65_535 } } },
  });
});

for (const [query, code, words] of [
  ['task_id=t', 'PARAMETER_MISSING', /framework_id=value/],
  ['framework_id=F&task_id=', 'PARAMETER_MISSING', /task_id=value/],
  ['framework_id=..&task_id=t', 'PARAMETER_INVALID', /'framework_id' is no id/],
  [`${ids}&rows=0`, 'PARAMETER_INVALID', /'rows' is a whole number from 1 to 65535, unlike '0'/],
  [`${ids}&columns=1e3`, 'PARAMETER_INVALID', /'columns'/],
  [`${ids}&window=99999999999`, 'PARAMETER_INVALID', /'window'/],
  [`${ids}&term=`, 'PARAMETER_INVALID', /'term'/],
  [`${ids}&term=a%0Ab`, 'PARAMETER_INVALID', /'term'/],
  [`${ids}&command=`, 'PARAMETER_INVALID', /'command' is a program/],
  [`${ids}&command=a&command=b%00`, 'PARAMETER_INVALID', /without NUL/],
] as const) {
  test(`${query} is refused`, () => assert.throws(() => read(query), { code, message: words }));
}
