const DAY_MS = 86_400_000;

export interface CacheSettings {
  /** files that nobody has used for so long are removed */
  readonly lifetime_ms: number;
  /** chunks that are copied at one time */
  readonly streams: number;
}

/**
 * `CRYOSPARC_SSD_CACHE_LIFETIME_DAYS` (30) and `CRYOSPARC_CACHE_NUM_THREADS` (2).
 * @param warn told of a value that cannot be used; the default counts then
 */
export function cacheSettings(env: NodeJS.ProcessEnv, warn: (text: string) => void): CacheSettings {
  const read = (name: string, normal: number, min: number, max: number): number => {
    const text = env[name]?.trim();
    if (text === undefined || text === '') return normal;
    const value = Number(text);
    if (value >= min && value <= max) return value;
    warn(`Setting ${name} is "${text}", wanted a number from ${min} to ${max}; it is taken as ${normal}.`);
    return normal;
  };
  return {
    lifetime_ms: read('CRYOSPARC_SSD_CACHE_LIFETIME_DAYS', 30, 0.01, 36_500) * DAY_MS,
    streams: Math.floor(read('CRYOSPARC_CACHE_NUM_THREADS', 2, 1, 64)),
  };
}
