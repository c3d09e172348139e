/** The commands of docs/writing-a-hook.md, run as printed. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/writing-a-hook.md');
