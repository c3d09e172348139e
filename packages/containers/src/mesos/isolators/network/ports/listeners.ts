import { readdir, readFile, readlink } from 'node:fs/promises';
import { ifAbsent } from '@meseta/system';

/** The state LISTEN in /proc/net/tcp. */
const listening = '0A';

/** Returns the TCP ports that processes of the machine's network listen on, by the inodes of their sockets. */
export async function listeningSockets(): Promise<ReadonlyMap<string, number>> {
  const ports = new Map<string, number>();
  for (const table of ['tcp', 'tcp6']) {
    // Without IPv6 there is no second table.
    const text = await readFile(`/proc/self/net/${table}`, 'latin1').catch(ifAbsent('' as string));
    for (const line of text.split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === listening && inode) ports.set(inode, Number.parseInt(local.split(':')[1] ?? '', 16));
    }
  }
  return ports;
}

/** Returns the ports that a process listens on. Sockets of another network are not among the given ones. */
export async function portsOfProcess(pid: number, sockets: ReadonlyMap<string, number>): Promise<number[]> {
  const directory = `/proc/${pid}/fd`;
  const files = await readdir(directory).catch(ifAbsent([] as string[]));
  const ports: number[] = [];
  for (const file of files) {
    const target = await readlink(`${directory}/${file}`).catch(ifAbsent(''));
    const [, inode = ''] = /^socket:\[(\d+)\]$/.exec(target) ?? [];
    const port = sockets.get(inode);
    if (port !== undefined) ports.push(port);
  }
  return ports;
}
