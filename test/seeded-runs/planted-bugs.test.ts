import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { plantedBugs } from './planted-bugs.ts';

describe('a bug to be planted', () => {
  it.each(plantedBugs.map((bug) => [bug.name, bug.changes] as const))(
    'changes text that stands once in the executor: %s',
    (_, changes) => {
      for (const { file, find } of changes) {
        const text = readFileSync(new URL(`../../executor/${file}`, import.meta.url), 'utf8');
        expect(text.split(find), `${file}: ${find}`).toHaveLength(2);
      }
    },
  );
});
