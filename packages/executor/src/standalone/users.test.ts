/** As whom tasks run: the executor as root, and as somebody else. */
import assert from 'node:assert/strict';
import { chmod, chown } from 'node:fs/promises';
import { test } from 'node:test';
import { lookupUser } from '@meseta/system';
import { needs } from '@meseta/system/testing';
import { ExecutorProcess, processesWith, uniqueMark } from '../testing/executor-process.ts';

const otherUsers = needs.root('tasks run as other users');

/** Makes the executor one of `nobody`, who may read the sources all the same, wherever they are. */
const asNobody = [
  ...['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups'],
  ...['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search', '--'],
];

const whoAmI = 'echo $(id -un) $(id -Gn)';
const cases: { executor: string; before: string[]; user: string; says: string }[] = [
  { executor: 'root', before: [], user: 'nobody', says: 'nobody nogroup\n' },
  { executor: 'nobody', before: asNobody, user: 'nobody', says: 'nobody nogroup\n' },
];

for (const { executor: name, before, user, says } of cases) {
  test(`an executor of ${name} runs a task of ${user}, its checks, and ends all of it`, otherUsers, async context => {
    const executor = await ExecutorProcess.make(context);
    const { uid, gid } = await lookupUser('nobody');
    await chown(executor.sandbox, uid, gid);
    executor.start({}, before);
    const mark = uniqueMark();
    const forever = `trap "" TERM; while :; do sleep ${mark}; done`;
    const health_check = {
      type: 'COMMAND',
      command: { value: `${whoAmI} > check; test -e up` },
      delay_seconds: 0,
      interval_seconds: 0.05,
    } as const;
    const value = `${whoAmI} > task; (setsid sh -c '(${forever}) &' &); trap '' TERM; echo > up; ${forever}`;
    await executor.launch('', { command: { value, user }, health_check });
    await executor.state('RUNNING +');
    executor.agent.send({
      type: 'KILL',
      kill: { task_id: { value: 't' }, kill_policy: { grace_period: { nanoseconds: 2e8 } } },
    });
    assert.equal(await executor.ended(), 0);
    assert.equal(executor.states.at(-1), 'KILLED');
    assert.equal(await executor.read('task'), says);
    assert.equal(await executor.read('check'), says);
    assert.deepEqual(processesWith(mark), []);
  });
}

for (const { executor: name, before, user, message } of [
  { executor: 'nobody', before: asNobody, user: 'daemon', message: /Cannot run as user 'daemon': only root can/ },
  { executor: 'root', before: [], user: 'no-such-user', message: /Cannot run as user 'no-such-user': no such user/ },
]) {
  test(`an executor of ${name} refuses a task of ${user}`, otherUsers, async context => {
    const executor = await ExecutorProcess.make(context);
    await chmod(executor.sandbox, 0o777);
    executor.start({}, before);
    await executor.launch('', { command: { value: 'true', user } });
    assert.equal(await executor.ended(), 0);
    assert.deepEqual(executor.states, ['STARTING', 'FAILED']);
    assert.match(executor.lastMessage ?? '', message);
  });
}
