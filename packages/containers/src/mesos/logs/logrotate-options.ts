/** How files are rotated. */
export interface Rotation {
  /** How many older files are kept, beside the one that is written. */
  readonly kept: number;
  /** `later`: all but the latest of the older ones. */
  readonly compress: 'no' | 'yes' | 'later';
}

/** What logrotate(8) does without options: no older file is kept. */
const byDefault: Rotation = { kept: 0, compress: 'no' };

const mostKept = 999;

/** Options that mean nothing here: when a file is rotated is decided by its size, and the logger itself makes the next one. */
const withoutEffect = new Set([
  ...['missingok', 'nomissingok', 'notifempty', 'ifempty', 'create', 'nocreate', 'copytruncate', 'nocopytruncate'],
  ...['sharedscripts', 'nosharedscripts', 'nomail', 'nodateext', 'noolddir', 'nocopy', 'noshred', 'su'],
  ...['hourly', 'daily', 'weekly', 'monthly', 'yearly', 'compresscmd', 'compressext', 'compressoptions'],
]);

/**
 * Reads options of logrotate(8), as modules of Mesos have them: one a line, or separated by `;`.
 *
 * @throws for what the logger does not do, naming the option.
 */
export function parseLogrotateOptions(text: string): Rotation {
  let { kept } = byDefault;
  let [compresses, delays] = [false, false];
  for (const line of text.split(/[\n;]/).map(each => each.replace(/#.*/, '').trim())) {
    const [option = '', value, ...more] = line.split(/\s+/);
    switch (option) {
      case '':
        break;
      case 'rotate':
        kept = Number(value);
        if (!/^\d+$/.test(value ?? '') || kept > mostKept || more.length > 0) {
          throw new Error(`'${line}': rotate takes a number from 0 to ${mostKept}`);
        }
        break;
      case 'compress':
      case 'nocompress':
        compresses = option === 'compress';
        break;
      case 'delaycompress':
      case 'nodelaycompress':
        delays = option === 'delaycompress';
        break;
      default:
        if (!withoutEffect.has(option)) {
          throw new Error(
            `'${line}' is no option of this logger; it has rotate COUNT, compress, delaycompress and their opposites`,
          );
        }
    }
  }
  return { kept, compress: compresses ? (delays ? 'later' : 'yes') : 'no' };
}
