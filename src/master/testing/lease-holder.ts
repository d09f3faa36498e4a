import { asCsError } from '../../base/errors.ts';
import { Lease } from '../lease.ts';

// holds the lease of the directory that it is given until it is killed or loses it
const EXIT_LOST = 75;
const dir = process.argv[2] ?? '';
try {
  const lease = Lease.acquire(dir, 38000);
  lease.keep(() => process.exit(EXIT_LOST));
  process.send?.('held');
} catch (error) {
  process.send?.(asCsError(error).code, () => process.disconnect?.());
}
