/** Call `step` for each item, at most `count` at a time; the first failure ends it when no step runs any more. */
export async function lanes<T>(count: number, items: readonly T[], step: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  let failure: { error: unknown } | null = null;
  const lane = async (): Promise<void> => {
    for (const item of queue) {
      if (failure) return;
      try {
        await step(item);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: count }, lane));
  if (failure) throw (failure as { error: unknown }).error;
}
