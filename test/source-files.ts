import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = new URL('..', import.meta.url).pathname;

export type SourceFile = { readonly path: string; readonly text: string };

/** All files of the repository below `folder` whose names end in one of `endings`, sorted; node_modules left out. */
export function sourceFiles(folder: string, endings: readonly string[]): readonly SourceFile[] {
  const found: SourceFile[] = [];
  for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(root.length);
    if (!entry.isFile() || path.includes('node_modules') || !endings.some((ending) => path.endsWith(ending)))
      continue;
    found.push({ path, text: readFileSync(join(root, path), 'utf8') });
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What a TypeScript or JavaScript text imports: static, type-only, re-exported and dynamic. */
export function importsOf(text: string): readonly string[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\b[^;'"]*?\bfrom\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g;
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}
