import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type OwnWords, taskProgram } from './task-command.ts';

const cli: OwnWords = ['/opt/meseta/packages/cli/bin/meseta.mjs', 'executor'];
const bundle: OwnWords = ['/srv/executor.mjs'];

const lines: { value: string; own: OwnWords; line: string | undefined }[] = [
  {
    value: "chmod ug+rx './executor' && exec './executor' python -m http.server $PORT0",
    own: cli,
    line: 'python -m http.server $PORT0',
  },
  { value: "chmod ug+rx '/x/e' && exec '/x/e' -debug -- sleep 5", own: cli, line: 'sleep 5' },
  { value: "chmod ug+rx '/x/e' && exec '/x/e'", own: cli, line: undefined },
  { value: 'meseta executor sleep 100', own: cli, line: 'sleep 100' },
  { value: "exec /opt/meseta/meseta executor -- sleep 100 && echo 'a  b'", own: cli, line: "sleep 100 && echo 'a  b'" },
  {
    value: 'exec "/opt/me seta/meseta" executor -debug -- git checkout -- file',
    own: cli,
    line: 'git checkout -- file',
  },
  { value: 'meseta executor git checkout -- file', own: cli, line: 'git checkout -- file' },
  { value: 'X=1 node /srv/executor.mjs sleep 1', own: bundle, line: 'sleep 1' },
  { value: 'node /srv/executor.mjs', own: bundle, line: undefined },
  { value: 'meseta executor -debug', own: cli, line: undefined },
  { value: './wrapper -- sleep 1', own: bundle, line: 'sleep 1' },
  { value: './wrapper sleep 1', own: bundle, line: undefined },
];

for (const { value, own, line } of lines) {
  test(`shell: ${value}`, () => {
    const task = { executor: { executor_id: { value: 'e' }, command: { value } } };
    if (line === undefined)
      return assert.throws(() => taskProgram(task, own), /'<program> -- <command>'.*'command'|'command'.*--/);
    assert.deepEqual(taskProgram(task, own), { file: '/bin/sh', argv: ['sh', '-c', line] });
  });
}

const refused: { value: string; own: OwnWords; message: RegExp }[] = [
  { value: 'exec meseta executor -- a | b', own: cli, message: /agent's shell .*'\|'.*-- sh -c "…"'$/ },
  { value: "chmod ug+rx './e' && exec './e' a | b", own: cli, message: /agent's shell .*'\|'.*-- sh -c/ },
  { value: 'exec ./wrapper -- a & b', own: bundle, message: /agent's shell .*'&'.*-- sh -c/ },
  { value: 'meseta executor -- a; b', own: cli, message: /agent's shell .*';'.*-- sh -c .*put 'exec' in front/ },
  { value: 'meseta executor a\nb', own: cli, message: /agent's shell .*'line feed'/ },
];
for (const { value, own, message } of refused) {
  test(`refuses ${JSON.stringify(value)}, of which the agent's shell would run a part, too`, () => {
    const task = { executor: { executor_id: { value: 'e' }, command: { value } } };
    assert.throws(() => taskProgram(task, own), { message });
  });
}

const argvs: { argv: string[]; own: OwnWords; found: string[] | undefined }[] = [
  { argv: ['meseta', 'executor', '--', 'sleep', '5'], own: cli, found: ['sleep', '5'] },
  { argv: ['/opt/meseta/meseta', 'executor', 'sleep', '--', '5'], own: cli, found: ['sleep', '--', '5'] },
  { argv: ['node', '/srv/executor.mjs', '-debug', '--', 'sleep', '5'], own: bundle, found: ['sleep', '5'] },
  { argv: ['wrapper', '--', 'sleep', '5'], own: bundle, found: ['sleep', '5'] },
  { argv: ['meseta', 'executor'], own: cli, found: undefined },
];

for (const { argv, own, found } of argvs) {
  test(`argv: ${argv.join(' ')}`, () => {
    const task = { executor: { executor_id: { value: 'e' }, command: { shell: false, value: 'x', arguments: argv } } };
    if (!found) return assert.throws(() => taskProgram(task, own), /no command found/);
    assert.deepEqual(taskProgram(task, own), { file: found[0], argv: found });
  });
}

test("a task's own command", () => {
  const shell = { command: { value: 'sleep 1' } };
  assert.deepEqual(taskProgram(shell, cli), { file: '/bin/sh', argv: ['sh', '-c', 'sleep 1'] });
  const argv = { command: { shell: false, value: '/bin/sleep', arguments: ['snooze', '1'] } };
  assert.deepEqual(taskProgram(argv, cli), { file: '/bin/sleep', argv: ['snooze', '1'] });
});
