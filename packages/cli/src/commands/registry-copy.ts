import { flagTypes } from '@meseta/flags';
import { copyRegistry } from '@meseta/master/registry-copy';
import { command, UsageError } from '../command.ts';

/** Returns the place that a word names; a `file://` holds an address, as in `--zk`. */
function placeOf(word: string): string {
  return flagTypes.securePathOrValue.parse(word, () => undefined).value.trim();
}

export default command({
  name: 'registry copy',
  summary: 'Copy the registry of a cluster: from a file to ZooKeeper, or back',
  arguments: 'FROM TO',
  options: {},
  notes: `FROM and TO are files, such as WORK_DIR/registry.db, or addresses in ZooKeeper as masters have them
(--zk): zk://user:password@host1:port1,host2:port2/path, or file:///path of a file with one.

Nothing is overwritten: TO must hold no registry. To copy from a file, or to move a cluster, stop all
masters first. A copy from ZooKeeper to a file can be made while masters run.`,
  run: async (_, words) => {
    const [from, to, ...more] = words;
    if (from === undefined || to === undefined || more.length > 0) {
      throw new UsageError("'meseta registry copy' needs two places: FROM TO");
    }
    const { variables, bytes } = await copyRegistry(placeOf(from), placeOf(to));
    process.stdout.write(`Copied the registry: ${variables} variables, ${bytes} bytes\n`);
    return 0;
  },
});
