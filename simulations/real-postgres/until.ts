/** A look every few milliseconds of wall-clock time. */
const LOOK_EVERY_MS = 50;

/** Resolves with true as soon as `holds`, with false once `limitMs` are over. */
export async function until(holds: () => boolean, limitMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + limitMs;
  while (!holds()) {
    if (performance.now() >= deadlineMs) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return true;
}
