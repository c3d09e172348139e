import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ExecutorProcess } from '../testing/executor-process.ts';
import { certificateEndMs } from './certificate.ts';

const directory = mkdtempSync(join(tmpdir(), 'meseta-certificate-'));
after(() => rmSync(directory, { recursive: true }));
const made = spawnSync('openssl', [
  ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
  ...['-subj', '/CN=x', '-keyout', join(directory, 'key.pem'), '-out', join(directory, 'cert.pem')],
]);
assert.equal(made.status, 0, String(made.stderr));
const pem = readFileSync(join(directory, 'cert.pem'), 'utf8');
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
