/** The story of docs/registry.md: a registry in ZooKeeper is made, looked at, and copied. */
import { needsZooKeeper } from '@meseta/storage/testing';
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/registry.md', needsZooKeeper);
