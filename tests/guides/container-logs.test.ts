/** The commands of docs/container-logs.md, run as printed. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/container-logs.md');
