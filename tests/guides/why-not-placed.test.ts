/** docs/why-not-placed.md: what `meseta why` and `/allocation/explain` answer about a framework that waits. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/why-not-placed.md');
