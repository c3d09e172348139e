/** The story of docs/tls.md: an authority, a cluster that speaks TLS, and certificates that are renewed. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/tls.md');
