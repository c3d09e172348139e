/** The three masters of docs/high-availability.md: the leading one is killed, and a task goes on. */
import { needsZooKeeper } from '@meseta/storage/testing';
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/high-availability.md', needsZooKeeper);
