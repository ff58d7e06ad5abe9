import { constants } from 'node:buffer';
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { BadInput } from './exit.ts';
import { listInParts, NotInParts } from './list-in-parts.ts';
import type { Source } from './source.ts';

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

/**
 * Hands the documents behind the paths to `read`, those of large Lists in parts that need not be kept. Where a file turns out to
 * be something else halfway, `read` is called once more, with whole documents.
 */
export async function readInParts<Answer>(
  paths: readonly string[],
  read: (sources: Iterable<Source>) => Answer,
): Promise<Answer> {
  const files = paths.flatMap((path) => filesBehind(path, kubectlDump));
  refuseTwice(files);
  const opened: { readonly path: string; readonly sources: Iterable<Source>; readonly inParts: boolean }[] =
    [];
  for (const path of files) {
    const parts = path === '-' ? undefined : partsOfFile(path);
    const sources = parts ?? (await readFile(path, kubectlDump));
    opened.push({ path, sources, inParts: parts !== undefined });
  }
  try {
    return read(chained(opened.map((each) => each.sources)));
  } catch (error) {
    if (!(error instanceof NotInParts)) throw error;
    const whole: Source[] = [];
    for (const { path, sources, inParts } of opened)
      whole.push(...(inParts ? await readFile(path, kubectlDump) : sources));
    return read(whole);
  }
}

function* chained(lists: readonly Iterable<Source>[]): Generator<Source> {
  for (const list of lists) yield* list;
}

/** Undefined where the file has to be read as a whole. It stays open for as long as its parts may be read again. */
function partsOfFile(path: string): Iterable<Source> | undefined {
  return orRefuse(path, () => {
    const descriptor = openSync(path, 'r');
    const parts = listInParts(path, {
      size: fstatSync(descriptor).size,
      read: (into, offset, length, position) =>
        orRefuse(path, () => readSync(descriptor, into, offset, length, position)),
    });
    if (parts === undefined) closeSync(descriptor);
    return parts;
  });
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
  if (bytes.length > constants.MAX_STRING_LENGTH)
    throw new BadInput(
      `${file}: ${Math.round(bytes.length / 2 ** 20)} MiB in one piece; expected at most ${Math.floor(constants.MAX_STRING_LENGTH / 2 ** 20)} MiB, or a List indented as kubectl prints it, or several files`,
    );
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  const start = text.trimStart()[0];
  if (start === undefined) throw new BadInput(`${file}: empty; expected ${expected}`);
  return start === '{' || start === '[' ? [{ file, document: parseJson(file, text) }] : parseYaml(file, text);
}

function readBytes(path: string): Buffer {
  return orRefuse(path, () => readFileSync(path));
}

function orRefuse<Answer>(path: string, read: () => Answer): Answer {
  try {
    return read();
  } catch (error) {
    if (error instanceof BadInput) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const expected =
      code === 'ERR_FS_FILE_TOO_LARGE'
        ? 'a List indented as kubectl prints it, or several files'
        : 'a file this user may read';
    throw new BadInput(`${path}: cannot be read (${code}); expected ${expected}`);
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

/** The YAML reader takes a second and 60 MB of memory for each MB: beyond this it would end without a word. */
const yamlLengthMax = 32 * 1024 * 1024;

async function parseYaml(file: string, text: string): Promise<readonly Source[]> {
  if (text.length > yamlLengthMax)
    throw new BadInput(
      `${file}: ${Math.round(text.length / 2 ** 20)} MiB of YAML; expected at most ${yamlLengthMax / 2 ** 20} MiB, or JSON (kubectl get ... -o json)`,
    );
  // Most dumps are JSON: its reader is loaded when it is needed.
  const { parseAllDocuments } = await import('yaml');
  const refuse = (reason: string) =>
    new BadInput(`${file}: broken YAML (${reason.split('\n')[0]}); expected a whole document`);
  // Its warnings would be further lines.
  const documents = parseAllDocuments(text, { logLevel: 'error' });
  const list = Array.isArray(documents) ? documents : [];
  for (const document of list) {
    const [problem] = document.errors;
    if (problem) throw refuse(problem.message);
  }
  try {
    return list
      .map((document) => ({ file, document: document.toJS({ maxAliasCount: 100 }) as unknown }))
      .filter((source) => source.document !== null);
  } catch (error) {
    // A few aliases of aliases can stand for more than any memory holds.
    throw refuse(error instanceof Error ? error.message : 'unreadable');
  }
}
