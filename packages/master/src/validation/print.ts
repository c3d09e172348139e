/** Prints values as Mesos does in its messages. */

/** Prints a double as C++ streams do, with six significant digits. */
export function printDouble(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf';
  const [mantissa = '', exponent] = value.toPrecision(6).split('e');
  const short = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  if (exponent === undefined && Math.abs(value) < 1e-4 && value !== 0) return printSmall(value);
  return exponent === undefined ? short : `${short}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
}

function printSmall(value: number): string {
  const [mantissa = '', exponent = '-0'] = value.toExponential(5).split('e');
  return `${mantissa.replace(/\.?0+$/, '')}e-${exponent.slice(1).padStart(2, '0')}`;
}

/** Prints megabytes as Mesos prints bytes, in the largest unit that divides them. */
export function printMegabytes(megabytes: number): string {
  let amount = Math.trunc(megabytes * 2 ** 20);
  if (amount === 0) return '0B';
  for (const unit of ['B', 'KB', 'MB', 'GB']) {
    if (amount % 1024 !== 0) return `${amount}${unit}`;
    amount /= 1024;
  }
  return `${amount}TB`;
}

/** Prints a set of words in alphabetical order, in braces. */
export const printSet = (words: Iterable<string>): string => `{ ${[...words].sort().join(', ')} }`;
