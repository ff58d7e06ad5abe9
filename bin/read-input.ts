import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { BadInput } from './exit.ts';

export type Source = { readonly file: string; readonly document: unknown };

/**
 * The parsed documents behind the paths: files in JSON or YAML (streams too), folders of them, `-` for standard input.
 * Throws BadInput naming the file when one is missing, empty or cut off.
 */
export function readSources(paths: readonly string[]): readonly Source[] {
  return paths.flatMap(filesBehind).flatMap(readFile);
}

/** The one document of a file, or BadInput. */
export function readDocument(path: string): Source {
  const [first, ...rest] = readSources([path]);
  if (first === undefined || rest.length > 0)
    throw new BadInput(`${path}: ${rest.length + (first ? 1 : 0)} documents; expected one`);
  return first;
}

function filesBehind(path: string): readonly string[] {
  if (path === '-') return [path];
  if (!existsSync(path))
    throw new BadInput(`${path}: no such file or folder; expected what kubectl get ... -o json printed`);
  if (!statSync(path).isDirectory()) return [path];
  const files = readdirSync(path)
    .filter((name) => /\.(json|ya?ml)$/.test(name))
    .sort()
    .map((name) => join(path, name));
  if (files.length === 0)
    throw new BadInput(`${path}: holds no .json, .yaml or .yml file; expected a kubectl dump`);
  return files;
}

function readFile(path: string): readonly Source[] {
  const file = path === '-' ? 'stdin' : path;
  const text = readFileSync(path === '-' ? 0 : path, 'utf8').replace(/^\uFEFF/, '');
  const start = text.trimStart()[0];
  if (start === undefined) throw new BadInput(`${file}: empty; expected a Kubernetes List in JSON or YAML`);
  return start === '{' || start === '[' ? [{ file, document: parseJson(file, text) }] : parseYaml(file, text);
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const cutOff = !/[}\]]\s*$/.test(text);
    const reason = error instanceof Error ? error.message.split('\n')[0] : 'unreadable';
    const what = cutOff
      ? `JSON that ends in the middle, after ${text.length} characters`
      : `broken JSON (${reason})`;
    throw new BadInput(`${file}: ${what}; expected a whole document`);
  }
}

function parseYaml(file: string, text: string): readonly Source[] {
  const documents = parseAllDocuments(text);
  const list = Array.isArray(documents) ? documents : [];
  for (const document of list) {
    const [problem] = document.errors;
    if (problem)
      throw new BadInput(
        `${file}: broken YAML (${problem.message.split('\n')[0]}); expected a whole document`,
      );
  }
  return list
    .map((document) => ({ file, document: document.toJS({ maxAliasCount: 100 }) as unknown }))
    .filter((source) => source.document !== null);
}
