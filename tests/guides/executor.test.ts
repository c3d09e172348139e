/** The commands of docs/executor.md, run as printed. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/executor.md');
