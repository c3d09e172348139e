/** Resolves with the signal's name at the first SIGINT, SIGTERM or SIGHUP. A second one ends the process at once. */
export function untilInterrupted(): Promise<NodeJS.Signals> {
  return new Promise(resolve => {
    let times = 0;
    const handle = (signal: NodeJS.Signals) => {
      if (++times > 1) process.exit(130);
      resolve(signal);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, handle);
  });
}
