import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BadInput } from './exit.ts';

export type Source = { readonly file: string; readonly document: unknown };

const kubectlDump = 'what kubectl get ... -o json prints';

/**
 * The parsed documents behind the paths: files in JSON or YAML (streams too), folders of them, `-` for standard input.
 * Throws BadInput naming the file when one is missing, empty, cut off, named twice or no text; `expected` says what belongs there.
 */
export async function readSources(
  paths: readonly string[],
  expected: string = kubectlDump,
): Promise<readonly Source[]> {
  const files = paths.flatMap((path) => filesBehind(path, expected));
  refuseTwice(files);
  const sources: Source[] = [];
  for (const file of files) sources.push(...(await readFile(file, expected)));
  return sources;
}

/** The one document of a file, or BadInput; `expected` is what it should be, e.g. `a DrainRequest`. */
export async function readDocument(path: string, expected: string): Promise<Source> {
  const [first, ...rest] = await readSources([path], expected);
  if (first === undefined || rest.length > 0)
    throw new BadInput(`${path}: ${rest.length + (first ? 1 : 0)} documents; expected one, ${expected}`);
  return first;
}

function filesBehind(path: string, expected: string): readonly string[] {
  if (path === '-') return [path];
  if (!existsSync(path)) throw new BadInput(`${path}: no such file or folder; expected ${expected}`);
  if (!statSync(path).isDirectory()) return [path];
  const files = readdirSync(path)
    .filter((name) => /\.(json|ya?ml)$/.test(name))
    .sort()
    .map((name) => join(path, name));
  if (files.length === 0)
    throw new BadInput(`${path}: holds no .json, .yaml or .yml file; expected ${expected}`);
  return files;
}

function refuseTwice(files: readonly string[]): void {
  const seen = new Set<string>();
  for (const file of files) {
    const real = file === '-' ? file : realpathSync(file);
    if (seen.has(real)) throw new BadInput(`${file}: named twice; expected each file once`);
    seen.add(real);
  }
}

async function readFile(path: string, expected: string): Promise<readonly Source[]> {
  const file = path === '-' ? 'stdin' : path;
  const bytes = path === '-' ? await readStdin() : readBytes(path);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b)
    throw new BadInput(
      `${file}: compressed by gzip; expected JSON or YAML, e.g. gunzip -c ${path === '-' ? 'FILE' : path} | switchyard ... -`,
    );
  if (bytes.includes(0)) throw new BadInput(`${file}: not a text; expected ${expected}, in JSON or YAML`);
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  const start = text.trimStart()[0];
  if (start === undefined) throw new BadInput(`${file}: empty; expected ${expected}`);
  return start === '{' || start === '[' ? [{ file, document: parseJson(file, text) }] : parseYaml(file, text);
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new BadInput(`${path}: cannot be read (${code}); expected a file this user may read`);
  }
}

/** Standard input to its end. As a stream: a pipe that does not block answers EAGAIN to whoever reads it at once. */
async function readStdin(): Promise<Buffer> {
  if (process.stdin.readableEnded)
    throw new BadInput('stdin: read already; expected - for one file of a command only');
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
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

async function parseYaml(file: string, text: string): Promise<readonly Source[]> {
  // Most dumps are JSON: its reader is loaded when it is needed.
  const { parseAllDocuments } = await import('yaml');
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
