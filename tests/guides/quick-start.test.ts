/** The commands of docs/quick-start.md, run as printed. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/quick-start.md');
