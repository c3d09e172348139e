/** The commands of docs/writing-a-module.md, run as printed. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/writing-a-module.md');
