/** The commands of README.md, run as printed. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('README.md');
