/** The commands of CONTRIBUTING.md, run as printed. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('CONTRIBUTING.md');
