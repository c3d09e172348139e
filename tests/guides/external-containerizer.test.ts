/** The commands of docs/external-containerizer.md, run as printed. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/external-containerizer.md');
