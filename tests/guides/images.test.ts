/** The messages and commands of docs/images.md. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/images.md');
