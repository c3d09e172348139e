/** The commands of docs/writing-a-framework.md, run as printed. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/writing-a-framework.md');
