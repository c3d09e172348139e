import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeCertificate } from '@meseta/tasks/testing';
import { ExecutorProcess } from '../testing/executor-process.ts';
import { certificateEndMs } from './certificate.ts';

const directory = mkdtempSync(join(tmpdir(), 'meseta-certificate-'));
after(() => rmSync(directory, { recursive: true }));
const { cert: pem } = makeCertificate(directory);
const hour = 3600_000;

test('a random part of the range before the certificate expires', () => {
  const expiresMs = certificateEndMs(pem, hour, Date.now(), 0);
  assert.ok(Math.abs(expiresMs - Date.now() - 24 * hour) < 60_000);
  assert.equal(certificateEndMs(`some text\n${pem}`, hour, Date.now(), 0.5), expiresMs - hour / 2);
});

for (const { name, text, range, message } of [
  { name: 'missing', text: undefined, range: 0, message: /CERTIFICATE is not set/ },
  { name: 'no PEM', text: 'x', range: 0, message: /contains no PEM certificate/ },
  { name: 'broken', text: pem.replace(/[A-Za-z0-9]{20}/, '!'), range: 0, message: /cannot be read/ },
  { name: 'expiring inside the range', text: pem, range: 48 * hour, message: /expires at .* too soon/ },
]) {
  test(`refused: ${name}`, () => {
    assert.throws(() => certificateEndMs(text, range, Date.now(), 0.9), message);
  });
}

const labels = { labels: [{ key: 'validate-certificate', value: 'true' }] };

test('a task without its certificate fails before it starts', async context => {
  const executor = (await ExecutorProcess.make(context)).start();
  await executor.launch('echo x > ran', { labels });
  assert.equal(await executor.ended(), 0);
  assert.deepEqual(executor.states, ['STARTING', 'FAILED']);
  assert.match(executor.lastMessage ?? '', /CERTIFICATE is not set/);
  assert.equal(await executor.read('ran'), '');
});

test('a task with one runs', async context => {
  const executor = (await ExecutorProcess.make(context)).start({ MESETA_EXECUTOR_RANDOM_EXPIRATION_RANGE: '1s' });
  const environment = { variables: [{ name: 'CERTIFICATE', value: pem }] };
  await executor.launch('', { labels, command: { value: 'true', environment } });
  assert.equal(await executor.ended(), 0);
  assert.equal(executor.states.at(-1), 'FINISHED');
});

for (const { when, hook } of [
  { when: 'while it runs', hook: 'true' },
  { when: 'before it starts', hook: 'test "$1" != BeforeTaskStart || sleep 15' },
]) {
  test(`a task whose certificate expires ${when} is killed`, async context => {
    const executor = await ExecutorProcess.make(context);
    const { cert } = makeCertificate(executor.sandbox, 'DNS:x', 15_000);
    executor.start({ MESETA_EXECUTOR_RANDOM_EXPIRATION_RANGE: '1ms', MESETA_EXECUTOR_EXEC_HOOK_COMMAND: hook });
    const environment = { variables: [{ name: 'CERTIFICATE', value: cert }] };
    await executor.launch('', { labels, command: { value: 'exec sleep 10000', environment } });
    assert.equal(await executor.ended(), 0);
    assert.equal(executor.states.at(-1), 'KILLED -');
    assert.equal(executor.lastMessage, 'Certificate expired');
  });
}
