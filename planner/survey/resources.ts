/** Whether a resource limits only those nodes that state it: https://kubernetes.io/docs/concepts/storage/storage-limits/ */
export function isAttachLimit(resource: string): boolean {
  return resource.startsWith('attachable-volumes-');
}

/** Returns what a node offers; what nobody states is nothing, but for attach limits, which are none then. */
export function roomOf(amounts: Readonly<Record<string, number>>, names: readonly string[]): number[] {
  return names.map((name) => {
    if (Object.hasOwn(amounts, name)) return amounts[name] ?? 0;
    return isAttachLimit(name) ? Number.POSITIVE_INFINITY : 0;
  });
}
