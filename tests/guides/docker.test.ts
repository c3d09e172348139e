/** The commands of docs/docker.md, run as printed. */
import { needsDocker } from '@meseta/containers/testing/docker';
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/docker.md', needsDocker);
