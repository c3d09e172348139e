/** The three masters of docs/high-availability.md: the leading one is killed, and a task goes on. */
import { needsZooKeeper } from '@meseta/storage/testing';
import { needs } from '@meseta/system/testing';
import { tryGuide } from '../support/guides/try-guide.ts';

// On a machine of their own, others than root write anywhere, save in directories that they may not enter.
const root = needs.root("the package of ZooKeeper keeps others out of the guide's /var/lib/zookeeper");

tryGuide('docs/high-availability.md', needsZooKeeper, root);
