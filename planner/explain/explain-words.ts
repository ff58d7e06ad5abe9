/**
 * How numbers and lists read in sentences. The same everywhere: page, API, logs, terminal.
 */
import type { Fact, Facts } from '../plan.ts';

/** `1 switchover`, `3 switchovers`. */
export function counted(count: number, word: string, plural = `${word}s`): string {
  return `${groups(count)} ${count === 1 ? word : plural}`;
}

/** `17,894` */
export function groups(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `40 s`, `11 min`, `2 h 5 min`: rounded up, since a promise that is kept early hurts nobody. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const rest = minutes % 60;
  return rest === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}

/** `0 B`, `22 MiB`, `1.5 GiB`, as Kubernetes writes sizes. */
export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let amount = count;
  let unit = 0;
  while (Math.abs(amount) >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  const text = amount >= 10 || Number.isInteger(amount) ? String(Math.round(amount)) : amount.toFixed(1);
  return `${text} ${units[unit]}`;
}

/** An amount of a resource as the model counts it: `12 cores`, `0.5 cores`, `64 GiB`, `3 pods`, `2 nvidia.com/gpu`. */
export function amount(resource: string, count: number): string {
  if (resource === 'cpu') return count === 1000 ? '1 core' : `${count / 1000} cores`;
  if (resource === 'memory' || resource === 'ephemeral-storage') return bytes(count);
  return resource === 'pods' ? counted(count, 'pod') : `${groups(count)} ${resource}`;
}

/** `n1`, `n1 and n2`, `n1, n2 and 7 more`. */
export function listed(names: readonly string[], most = 5): string {
  const shown = names.length > most ? names.slice(0, most - 1) : names;
  const rest = names.length - shown.length;
  const parts = rest > 0 ? [...shown, `${rest} more`] : shown;
  const last = parts.at(-1) ?? 'nothing';
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`;
}

/** The first eight digits of a plan's id, as people say it. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

/** One fact as words; `otherwise` where it was not given, so that a sentence stays a sentence. */
export function fact(facts: Facts, name: string, otherwise = 'unknown'): string {
  const value = Object.hasOwn(facts, name) ? facts[name] : undefined;
  return value === undefined ? otherwise : factWords(value);
}

/** One number among the facts; undefined: not given. */
export function numberFact(facts: Facts, name: string): number | undefined {
  const value = Object.hasOwn(facts, name) ? facts[name] : undefined;
  return typeof value === 'number' ? value : undefined;
}

/** A list among the facts; empty where it was not given. */
export function listFact(facts: Facts, name: string): readonly string[] {
  const value = Object.hasOwn(facts, name) ? facts[name] : undefined;
  return typeof value === 'object' ? value : [];
}

/** Bytes among the facts as a size. */
export function bytesFact(facts: Facts, name: string): string {
  const value = numberFact(facts, name);
  return value === undefined ? 'an unknown amount' : bytes(value);
}

function factWords(value: Fact): string {
  return typeof value === 'object' ? listed(value) : String(value);
}

/** Breaks text at spaces; the first line begins with `head`, the others under its end. Names are never cut. */
export function wrapped(head: string, text: string, width: number): readonly string[] {
  const indent = ' '.repeat(head.length);
  const lines: string[] = [];
  let line = head;
  for (const word of text.split(' ')) {
    const fits = line.length + word.length + 1 <= width;
    if (line.trimEnd() === head.trimEnd() || line.trim() === '' || fits) {
      line = line === head || line === indent ? line + word : `${line} ${word}`;
      continue;
    }
    lines.push(line.trimEnd());
    line = indent + word;
  }
  return [...lines, line.trimEnd()];
}
