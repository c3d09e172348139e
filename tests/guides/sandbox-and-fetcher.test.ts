/** The commands of docs/sandbox-and-fetcher.md, run as printed. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/sandbox-and-fetcher.md');
