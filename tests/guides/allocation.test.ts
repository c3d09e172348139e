/** docs/allocation.md: weights, quotas, reservations, why a framework gets no offers, and an allocator module. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/allocation.md');
