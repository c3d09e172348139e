/** The story of docs/securing-a-cluster.md: a cluster with everything on, used and attacked. */
import { needsZooKeeper } from '@meseta/storage/testing';
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/securing-a-cluster.md', needsZooKeeper);
