/** Resolves at the first SIGINT or SIGTERM with its name; a second one ends the process at once. */
export function untilInterrupted(): Promise<NodeJS.Signals> {
  return new Promise(resolve => {
    let times = 0;
    const handle = (signal: NodeJS.Signals) => {
      if (++times > 1) process.exit(130);
      resolve(signal);
    };
    process.on('SIGINT', handle);
    process.on('SIGTERM', handle);
  });
}
