/** For tests: makes archives that no tool would make. */
import { crc32 } from 'node:zlib';

/** A member of an archive: a file with contents, a link or a device. */
export interface Member {
  readonly name: string;
  readonly contents?: string;
  readonly symlink?: string;
  readonly hardLink?: string;
  readonly device?: true;
  /** Default: 0644. */
  readonly mode?: number;
}

const block = 512;

/** Makes a tar archive (ustar). */
export function tarOf(members: readonly Member[]): Buffer {
  return Buffer.concat([...members.flatMap(tarMember), Buffer.alloc(2 * block)]);
}

function tarMember({ name, contents = '', symlink, hardLink, device, mode = 0o644 }: Member): Buffer[] {
  const header = Buffer.alloc(block);
  const type = symlink !== undefined ? '2' : hardLink !== undefined ? '1' : device ? '3' : '0';
  const size = Buffer.byteLength(contents).toString(8).padStart(11, '0');
  const fields: [offset: number, text: string][] = [
    [0, name],
    [100, `${mode.toString(8).padStart(7, '0')}\0`],
    [124, `${size}\0`],
    [136, '00000000000\0'],
    [148, '        '],
    [156, type],
    [157, symlink ?? hardLink ?? ''],
    [257, 'ustar\x0000'],
    [329, '0000001\0'],
    [337, '0000003\0'],
  ];
  for (const [offset, text] of fields) header.write(text, offset);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const data = Buffer.from(contents);
  return [header, data, Buffer.alloc((block - (data.length % block)) % block)];
}

/** Makes a zip archive of uncompressed files and symbolic links. */
export function zipOf(members: readonly Member[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const member of members) {
    const [local, central] = zipMember(member, offset);
    locals.push(local);
    centrals.push(central);
    offset += local.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(Buffer.concat(centrals).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, ...centrals, end]);
}

function zipMember(
  { name, contents, symlink, mode = 0o644 }: Member,
  offset: number,
): [local: Buffer, central: Buffer] {
  const data = Buffer.from(symlink ?? contents ?? '');
  const shared = Buffer.alloc(26);
  shared.writeUInt16LE(10, 0);
  shared.writeUInt16LE(0x21, 8); // 1980-01-01
  shared.writeUInt32LE(crc32(data), 10);
  shared.writeUInt32LE(data.length, 14);
  shared.writeUInt32LE(data.length, 18);
  shared.writeUInt16LE(Buffer.byteLength(name), 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), shared, Buffer.from(name), data]);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE((symlink === undefined ? 0o100000 + mode : 0o120777) * 0x10000, 6);
  rest.writeUInt32LE(offset, 10);
  const madeBy = Buffer.from([30, 3]); // Unix
  return [local, Buffer.concat([Buffer.from('PK\x01\x02'), madeBy, shared, rest, Buffer.from(name)])];
}
