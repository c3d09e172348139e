import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { all, type Need, needs } from './needs.ts';

/** In the environment of a process in a network of its own: the name of the test that it is for. */
const testOfProcess = 'MESETA_TEST_IN_NETWORK';

const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--propagation=private'];
// The shell stays: it is the first process, which has to collect those whose parents have ended.
const script = 'ip link set lo up && "$@"; exit $?';

/** Words before a command that root wants to run with a network, a mount table and processes of its own. */
export const inOwnNetwork: readonly string[] = ['unshare', ...namespaces, 'sh', '-c', script, 'sh'];

/**
 * Returns a function like `test` whose tests run in a process of their own each, with a network, a mount table and
 * processes of their own: what they do to interfaces, firewalls and mounts does not reach the machine, and ends with
 * them. The loopback interface is up.
 *
 * @param file `import.meta.url` of the test file, which runs once more for each test.
 * @param more what the tests need besides root and namespaces.
 */
export function testInOwnNetwork(file: string, more: Need = { skip: false }) {
  const options = all(needs.root('networks are made'), needs.namespaces('it has a network of its own'), more);
  return (name: string, body: (t: TestContext) => Promise<void>): void => {
    const chosen = process.env[testOfProcess];
    if (chosen === undefined) void test(name, options, t => runApart(fileURLToPath(file), name, t));
    else if (chosen === name) void test(name, body);
  };
}

async function runApart(file: string, name: string, t: TestContext): Promise<void> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const [program = '', ...words] = inOwnNetwork;
  const child = spawn(program, [...words, process.execPath, '--disable-warning=ExperimentalWarning', file], {
    env: { ...env, [testOfProcess]: name },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: t.signal,
    killSignal: 'SIGKILL',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => (output += text));
  const [code] = (await once(child, 'close')) as [number | null];
  assert.equal(code, 0, output);
  assert.match(output, /^(# |ℹ )pass 1$/m, output);
}
