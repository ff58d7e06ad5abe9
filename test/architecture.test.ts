import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, type SourceFile, sourceFiles } from './source-files.ts';

/** Who may import whom: a layer sees itself and those below it. bin is the command line, a composition root above api. */
const layers = ['planner', 'executor', 'api', 'simulations', 'bin', 'test'];

/** Folders in which packages (and node: modules) may be used at all; everywhere else the code is pure or knows only ports. */
const edges = [
  'executor/checks/',
  'executor/kubernetes/',
  'executor/metrics/',
  'executor/patroni/',
  'executor/pipeline/',
  'executor/redis/',
  'executor/webhooks/',
  'executor/formats/',
  'api/',
  'simulations/',
  'bin/',
  'test/',
];
/** Composition roots and configuration of the executor: they build adapters. */
const executorRoots = ['executor/worker.ts', 'executor/connect-outside.ts', 'executor/config.ts'];

/** Folders that hold what stands behind ports.ts: nothing else of the executor knows them, but for those that read what they count. */
const adapters = ['checks', 'kubernetes', 'patroni', 'pipeline', 'redis', 'webhooks'].map(
  (name) => `executor/${name}/`,
);
const knowAdapters = [...adapters, 'executor/metrics/', ...executorRoots];

/** Imports of adapters by a part of the executor that ought to know ports alone. */
function adaptersSeenBy({ path, text }: SourceFile): readonly string[] {
  if (!path.startsWith('executor/') || knowAdapters.some((known) => path.startsWith(known))) return [];
  const targets = importsOf(text).map((target) => posix.join(posix.dirname(path), target));
  return targets
    .filter((target) => adapters.some((adapter) => target.startsWith(adapter)))
    .map((target) => `${path} imports ${target}: the core of the executor knows only ports.ts`);
}

/** Every import of `file` that breaks the rule, as a sentence. */
function brokenImports(file: SourceFile): readonly string[] {
  const layer = layers.findIndex((name) => file.path.startsWith(`${name}/`));
  return importsOf(file.text).flatMap((target) => {
    if (!target.startsWith('.')) {
      const allowed = edges.some((edge) => file.path.startsWith(edge)) || executorRoots.includes(file.path);
      return allowed ? [] : [`${file.path} imports ${target}: packages belong at the edges`];
    }
    const path = posix.join(posix.dirname(file.path), target);
    const other = layers.findIndex((name) => path.startsWith(`${name}/`));
    if (other > layer) return [`${file.path} imports ${path}: imports point down only`];
    return [];
  });
}

/** Files that import each other in a circle, by type or by value: the paths along one, back to where it begins. Undefined: there is none. */
function circleAmong(files: readonly SourceFile[]): readonly string[] | undefined {
  const imports = new Map(
    files.map(({ path, text }) => [
      path,
      importsOf(text).map((target) => posix.join(posix.dirname(path), target)),
    ]),
  );
  const finished = new Set<string>();
  const visit = (path: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
    if (finished.has(path)) return undefined;
    for (const target of imports.get(path) ?? []) {
      const circle = visit(target, [...way, path]);
      if (circle !== undefined) return circle;
    }
    finished.add(path);
    return undefined;
  };
  for (const path of imports.keys()) {
    const circle = visit(path, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

const files = ['planner', 'executor', 'api', 'simulations', 'bin'].flatMap((folder) =>
  sourceFiles(folder, ['.ts']),
);

describe('architecture', () => {
  it('has source files to look at', () => {
    expect(files.length).toBeGreaterThan(20);
  });

  it('lets imports point down only and packages live at the edges', () => {
    expect(files.flatMap(brokenImports)).toEqual([]);
  });

  it('lets the core of the executor know ports only, and no adapter', () => {
    expect(files.flatMap(adaptersSeenBy)).toEqual([]);
    const text = "import { evict } from '../kubernetes/evict.ts';";
    expect(adaptersSeenBy({ path: 'executor/decide/decide.ts', text })).toHaveLength(1);
    expect(adaptersSeenBy({ path: 'executor/worker.ts', text: "import './redis/run-store.ts';" })).toEqual(
      [],
    );
  });

  it('has no files that import each other in a circle', () => {
    expect(circleAmong([...files, ...sourceFiles('test', ['.ts'])])).toBeUndefined();
    expect(circleAmong(sourceFiles('api/web', ['.js']))).toBeUndefined();
  });

  it('would notice a circle, also one of types alone', () => {
    const a = { path: 'planner/a.ts', text: "import type { B } from './b.ts';" };
    const b = { path: 'planner/b.ts', text: "import { c } from './read/c.ts';" };
    const c = { path: 'planner/read/c.ts', text: "import { a } from '../a.ts';" };
    expect(circleAmong([a, b])).toBeUndefined();
    expect(circleAmong([a, b, c])).toEqual([a.path, b.path, c.path, a.path]);
  });

  it('keeps check-plan apart from everything the planner builds with', () => {
    const allowed = ['planner/model.ts', 'planner/plan.ts', 'planner/codes.ts', 'planner/hash/hash-fleet.ts'];
    const walkers = files.filter((file) => file.path.startsWith('planner/check/'));
    expect(walkers.length).toBeGreaterThan(0);
    for (const file of walkers) {
      const shared = importsOf(file.text)
        .map((target) => posix.join('planner/check', target))
        .filter((path) => !path.startsWith('planner/check/') && !allowed.includes(path));
      expect(shared, file.path).toEqual([]);
    }
  });

  it('would notice a layer reached from below, and a package in the planner', () => {
    expect(
      brokenImports({ path: 'planner/a.ts', text: "import { x } from '../executor/run.ts';" }),
    ).toHaveLength(1);
    expect(
      brokenImports({
        path: 'executor/decide/decide.ts',
        text: "import { y } from '../../simulations/simulate.ts';",
      }),
    ).toHaveLength(1);
    expect(
      brokenImports({ path: 'planner/a.ts', text: "import { createHash } from 'node:crypto';" }),
    ).toHaveLength(1);
    expect(brokenImports({ path: 'planner/a.ts', text: "const z = await import('zod');" })).toHaveLength(1);
    expect(
      brokenImports({ path: 'executor/decide/decide.ts', text: "export * from 'bullmq';" }),
    ).toHaveLength(1);
    expect(
      brokenImports({
        path: 'api/routes/plans.ts',
        text: "import type { Run } from '../../executor/run.ts';",
      }),
    ).toEqual([]);
  });
});
