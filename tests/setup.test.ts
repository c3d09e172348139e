/** The first start of a checkout that cannot install what it needs: one sentence that says what to do. */

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';

const root = path.resolve(import.meta.dirname, '..');
const checkout = mkdtempSync(path.join(tmpdir(), 'setup-'));
after(() => rmSync(checkout, { recursive: true }));
mkdirSync(path.join(checkout, 'scripts'));
for (const file of ['meseta', 'scripts/setup.sh', 'package.json', 'package-lock.json']) {
  copyFileSync(path.join(root, file), path.join(checkout, file));
}

/** Starts the command with this registry; gives its exit code and standard error. */
function start(registry: string): Promise<{ code: unknown; stderr: string }> {
  const env = {
    ...process.env,
    ...{ npm_config_registry: registry, npm_config_fetch_retries: '0', npm_config_cache: path.join(checkout, 'cache') },
  };
  return new Promise(resolve => {
    execFile(path.join(checkout, 'meseta'), ['version'], { env }, (error, _, stderr) => {
      resolve({ code: error?.code ?? 0, stderr });
    });
  });
}

test('without a registry', async () => {
  const { code, stderr } = await start('http://127.0.0.1:1');
  assert.equal(code, 1);
  assert.match(stderr, /\nmeseta: cannot .*: the npm registry cannot be reached; connect this machine, or .*\n$/);
});

test('with a registry whose certificate is not trusted', async t => {
  const [key, cert] = [path.join(checkout, 'key.pem'), path.join(checkout, 'cert.pem')];
  const request = 'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -keyout';
  execFileSync('openssl', [...request.split(' '), key, '-out', cert], { stdio: 'ignore' });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) =>
    response.end('{}'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { code, stderr } = await start(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /\nmeseta: cannot .*: the certificate of the npm registry is not trusted; .*NODE_EXTRA_CA_CERTS.*\n$/,
  );
});
