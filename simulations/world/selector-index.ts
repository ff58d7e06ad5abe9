/** Things that pick objects by label selectors, found by the labels of an object without going through all of them. */
import type { LabelSelector, Labels } from './read-objects.ts';

/** Selectors without a label that must have one value may pick anything. */
const anywhere = '';

export class SelectorIndex<Thing> {
  /** Each thing stands under one label of each of its selectors: that under which the fewest stand already. */
  readonly #byLabel = new Map<string, Map<string, Thing>>();
  readonly #labelsOf = new Map<string, readonly string[]>();

  /** Puts the thing of this key under its selectors, in place of what was there. */
  put(key: string, selectors: readonly (LabelSelector | undefined)[], thing: Thing): void {
    this.remove(key);
    const labels = selectors.map((selector) => this.#leastCrowded(selector));
    for (const label of labels) {
      const things = this.#byLabel.get(label) ?? new Map<string, Thing>();
      this.#byLabel.set(label, things.set(key, thing));
    }
    if (labels.length > 0) this.#labelsOf.set(key, labels);
  }

  remove(key: string): void {
    for (const label of this.#labelsOf.get(key) ?? []) this.#byLabel.get(label)?.delete(key);
    this.#labelsOf.delete(key);
  }

  /** All whose selectors may pick an object with these labels, and some others; in no particular order, one perhaps twice. */
  mayPick(labels: Labels): readonly Thing[] {
    const places = [anywhere, ...Object.entries(labels).map(([name, value]) => labelText(name, value))];
    return places.flatMap((place) => [...(this.#byLabel.get(place)?.values() ?? [])]);
  }

  #leastCrowded(selector: LabelSelector | undefined): string {
    let least = anywhere;
    let fewest = Number.POSITIVE_INFINITY;
    for (const [name, value] of Object.entries(selector?.matchLabels ?? {})) {
      const label = labelText(name, value);
      const count = this.#byLabel.get(label)?.size ?? 0;
      if (count >= fewest) continue;
      least = label;
      fewest = count;
    }
    return least;
  }
}

function labelText(name: string, value: string): string {
  return `${name}=${value}`;
}
