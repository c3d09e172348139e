import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

/** Runs a daemon made of the given statements and reports how it ended. */
async function run(statements: string, signal?: NodeJS.Signals) {
  const script = `
    import { createLogger } from '${import.meta.resolve('@meseta/telemetry')}';
    import { handleShutdown } from '${import.meta.resolve('./shutdown.ts')}';
    const logger = createLogger({ program: 'x', format: 'console' }, 'test');
    const keep = setInterval(() => {}, 1000);
    ${statements}
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', chunk => {
    stderr += chunk;
  });
  const closed = once(child, 'close');
  if (signal) {
    await Promise.race([once(child.stdout, 'data'), closed]);
    child.kill(signal);
  }
  const [code] = await closed;
  return { code, stderr };
}

const cases: { name: string; statements: string; signal?: NodeJS.Signals; code: number; log: RegExp }[] = [
  {
    name: 'a signal closes and leaves with 0',
    statements: `handleShutdown(logger, async reason => logger.info('closed', reason));`,
    signal: 'SIGTERM',
    code: 0,
    log: /closed signal=SIGTERM\n$/,
  },
  {
    name: 'a failure to close leaves with 1',
    statements: `handleShutdown(logger, async () => { throw new Error('stuck'); });`,
    signal: 'SIGINT',
    code: 1,
    log: /Failed to shut down error=stuck\n$/,
  },
  {
    name: 'closing that takes too long is cut off',
    statements: 'handleShutdown(logger, () => new Promise(() => {}), 50);',
    signal: 'SIGTERM',
    code: 1,
    log: /takes too long/,
  },
  {
    name: 'an unhandled rejection is logged, closes and leaves with 1',
    statements: `handleShutdown(logger, async () => logger.info('closed')); void Promise.reject(new Error('oops'));`,
    code: 1,
    log: /^F.*Unhandled rejection error=oops stack=.*\n.*closed\n$/,
  },
  {
    name: 'a daemon ends itself with a code',
    statements: `handleShutdown(logger, async () => logger.info('closed')).end(4);`,
    code: 4,
    log: /closed\n$/,
  },
];
for (const { name, statements, signal, code, log } of cases) {
  test(name, async () => {
    const result = await run(statements, signal);
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stderr, log);
  });
}
