/** The commands of docs/election-modules.md, run as printed: two masters that elect their leader in Consul. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/election-modules.md');
