const units = ['B', 'KB', 'MB', 'GB', 'TB'];

/** Returns a number of bytes in the largest unit that it is a multiple of, as Mesos does. */
export function formatBytes(bytes: number): string {
  if (bytes === Number.POSITIVE_INFINITY) return 'unlimited';
  const exponent = bytes === 0 ? 0 : units.findLastIndex((_, each) => bytes % 1024 ** each === 0);
  return `${bytes / 1024 ** exponent}${units[exponent]}`;
}
