/** Programs started from Node.js by nothing but `child_process`, some at a time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { serve } from './serve.ts';

const handlers = {
  /** Runs a shell command so often, and waits for the exit of each. @returns how long it took. */
  run: async ({ command, count, atOnce }: { command: string; count: number; atOnce: number }) => {
    let left = count;
    const one = async (): Promise<void> => {
      while (left-- > 0) await once(spawn('/bin/sh', ['-c', command], { stdio: 'ignore' }), 'exit');
    };
    const start = performance.now();
    await Promise.all(Array.from({ length: atOnce }, one));
    return { ms: performance.now() - start };
  },
};
export type Spawns = typeof handlers;
serve(handlers);
