import { bytesIn, masterFetch, refusalIn } from '../requests/request.ts';
import type { Piece, ReadRange } from './log-reader.ts';

/** Returns the address of a file of an agent, through the master. */
export function downloadUrl(agentId: string, path: string): string {
  return `/agents/${encodeURIComponent(agentId)}/files/download?${new URLSearchParams({ path })}`;
}

/** Makes what reads ranges of a file of an agent. */
export function rangeReader(agentId: string, path: string): ReadRange {
  const url = downloadUrl(agentId, path);
  return async (range, signal) => {
    if (/^bytes=0?-/.test(range) && (await isEmpty(url, signal)))
      return { bytes: new Uint8Array(), start: 0, size: 0, fileId: undefined };
    const response = await masterFetch(url, { headers: { Range: range, 'Accept-Encoding': 'identity' }, signal });
    const fileId = response.headers.get('Meseta-File-Id') ?? undefined;
    const { start, size } = contentRange(response.headers.get('Content-Range'));
    if (response.status === 416) return { bytes: new Uint8Array(), start: size, size, fileId };
    if (response.status === 206) return { bytes: await bytesIn(response), start, size, fileId };
    if (response.ok) return partOf(await bytesIn(response), range, fileId);
    throw await refusalIn(response);
  };
}

/** Asked first where a range could be of no bytes at all: that is an error, which browsers log each time. */
async function isEmpty(url: string, signal: AbortSignal): Promise<boolean> {
  const { ok, headers } = await masterFetch(url, {
    method: 'HEAD',
    headers: { 'Accept-Encoding': 'identity' },
    signal,
  });
  return ok && headers.get('Content-Length') === '0';
}

/** Cuts a range out of a whole file: agents of Apache Mesos answer with that. */
function partOf(bytes: Uint8Array, range: string, fileId: string | undefined): Piece {
  const { length: size } = bytes;
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? [];
  const start = Math.min(size, first === '' ? Math.max(0, size - Number(last)) : Number(first));
  const end = first === '' || last === '' ? size : Number(last) + 1;
  return { bytes: bytes.subarray(start, end), start, size, fileId };
}

/** Reads `bytes 0-99/1000`, or `bytes *\/1000` where there are none. */
function contentRange(header: string | null): { readonly start: number; readonly size: number } {
  const [, start = '0', size = '0'] = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(header ?? '') ?? [];
  return { start: Number(start), size: Number(size) };
}
