import { LayerError } from './layer-error.ts';

/** Records of an extended header by their keys, each value with its bytes, one character each. */
export type PaxRecords = Map<string, string>;

/** Keys that may come more than once, in pairs: the map of a sparse file in GNU's format 0.0. */
const repeated = new Set(['GNU.sparse.offset', 'GNU.sparse.numbytes']);

/**
 * Reads the records of an extended header, `LENGTH KEY=VALUE\n` each. Repeated records of sparse files are joined with
 * commas to the form of the key `GNU.sparse.map`.
 *
 * @throws {LayerError} for anything else.
 */
export function readPax(data: Buffer): PaxRecords {
  const records: PaxRecords = new Map();
  const sparse: string[] = [];
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at);
    const digits = space < 0 ? '' : data.toString('latin1', at, space);
    const end = at + Number(digits);
    if (!/^[1-9][0-9]{0,9}$/.test(digits) || end > data.length || data[end - 1] !== 0x0a || end - 1 <= space) {
      throw malformed();
    }
    const record = data.toString('latin1', space + 1, end - 1);
    const equals = record.indexOf('=');
    if (equals < 1) throw malformed();
    const [key, value] = [record.slice(0, equals), record.slice(equals + 1)];
    if (repeated.has(key)) sparse.push(value);
    else records.set(key, value);
    at = end;
  }
  if (sparse.length > 0) records.set('GNU.sparse.map', sparse.join(','));
  return records;
}

function malformed(): LayerError {
  return new LayerError('it has an extended header (pax) that is malformed');
}
