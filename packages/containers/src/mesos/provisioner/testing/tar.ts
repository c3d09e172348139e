/** For tests: makes archives byte by byte, also those that no program would make. */

/** An entry; what is missing is that of a small file of root. */
export interface Entry {
  readonly name: string;
  /** The letter of its kind; default: by the other fields, else a file. */
  readonly type?: string;
  readonly contents?: string | Buffer;
  readonly target?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
  readonly device?: readonly [major: number, minor: number];
  /** Records of an extended header before it. */
  readonly pax?: Readonly<Record<string, string>>;
  /** A size that is not that of the contents. */
  readonly size?: number;
  /** Bytes to put into the header before its checksum is computed. */
  readonly raw?: readonly (readonly [offset: number, bytes: string])[];
}

const block = 512;

/** A directory. */
export const directory = (name: string, more: Partial<Entry> = {}): Entry => ({
  name,
  type: '5',
  mode: 0o755,
  ...more,
});
/** A file. */
export const file = (name: string, contents: string | Buffer = '', more: Partial<Entry> = {}): Entry => ({
  ...{ name, contents },
  ...more,
});
/** A symbolic link. */
export const symlink = (name: string, target: string): Entry => ({ name, type: '2', target });
/** A hard link. */
export const hardLink = (name: string, target: string): Entry => ({ name, type: '1', target });

/** Returns an archive of these entries, with its end. */
export function tar(...entries: readonly Entry[]): Buffer {
  return Buffer.concat([...entries.map(entryBytes), Buffer.alloc(2 * block)]);
}

/** Returns an entry alone. */
export function entryBytes(entry: Entry): Buffer {
  const pax = entry.pax === undefined ? [] : [paxEntry(entry.pax)];
  const data = Buffer.from(entry.contents ?? '');
  return Buffer.concat([...pax, header(entry, data.length), padded(data)]);
}

/** Returns a record of an extended header: its length counts itself. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest, 'latin1');
  while (String(length).length + Buffer.byteLength(rest, 'latin1') !== length) {
    length = String(length).length + Buffer.byteLength(rest, 'latin1');
  }
  return `${length}${rest}`;
}

function paxEntry(pax: Readonly<Record<string, string>>): Buffer {
  const data = Buffer.from(
    Object.entries(pax)
      .map(([key, value]) => paxRecord(key, value))
      .join(''),
    'latin1',
  );
  return Buffer.concat([header({ name: 'pax', type: 'x' }, data.length), padded(data)]);
}

function header(entry: Entry, length: number): Buffer {
  const bytes = Buffer.alloc(block);
  const octal = (value: number, digits: number) => `${Math.floor(value).toString(8).padStart(digits, '0')}\0`;
  const [major, minor] = entry.device ?? [0, 0];
  const fields: readonly (readonly [offset: number, text: string])[] = [
    [0, entry.name],
    [100, octal(entry.mode ?? 0o644, 7)],
    [108, octal(entry.uid ?? 0, 7)],
    [116, octal(entry.gid ?? 0, 7)],
    [124, octal(entry.size ?? length, 11)],
    [136, octal(entry.mtime ?? 0, 11)],
    [148, '        '],
    [156, entry.type ?? '0'],
    [157, entry.target ?? ''],
    [257, 'ustar\x0000'],
    [329, octal(major, 7)],
    [337, octal(minor, 7)],
    ...(entry.raw ?? []),
  ];
  for (const [offset, text] of fields) bytes.write(text, offset, 'latin1');
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}

function padded(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc((block - (data.length % block)) % block)]);
}
