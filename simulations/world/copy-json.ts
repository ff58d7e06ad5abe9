/** Returns a deep copy of plain JSON, which is all that the store holds: several times as fast as structuredClone. */
export function copyJson<Value>(value: Value): Value {
  return copy(value) as Value;
}

function copy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copy);
  const copied: Record<string, unknown> = {};
  for (const [key, each] of Object.entries(value)) {
    // Assigned, a key of this name would set the prototype.
    if (key === '__proto__') return structuredClone(value);
    copied[key] = copy(each);
  }
  return copied;
}
