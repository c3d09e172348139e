/** Formats amounts for people. */

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Formats bytes with at most three digits before the unit's next one: `512B`, `19.8MiB`, `104MiB`. */
export function formatBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  // What would be printed as 1024 belongs to the next unit.
  while (Number(digits(value)) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${digits(value)}${units[unit]}`;
}

function digits(value: number): string {
  return value < 99.95 ? value.toFixed(1).replace(/\.0$/, '') : value.toFixed(0);
}

/** Formats a share, where 1 is `100.0%`. */
export function formatPercent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}
