/** The commands of docs/command-modules.md, run as printed. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/command-modules.md');
