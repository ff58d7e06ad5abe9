import { execFileSync } from 'node:child_process';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, type SourceFile, sourceFiles } from './source-files.ts';

type Rule = { readonly name: string; readonly applies: (path: string) => boolean; readonly broken: RegExp };

const isProduct = (path: string): boolean => /^(planner|executor|api|simulations|bin)\/.*\.ts$/.test(path);

/** House rules that a pattern can see. Each is tried on a line that breaks it, so that none is asleep. */
const rules: readonly (Rule & { readonly example: string })[] = [
  {
    name: 'only system-clock.ts reads the clock in planner and executor',
    applies: (path) => /^(planner|executor)\/.*\.ts$/.test(path) && path !== 'executor/system-clock.ts',
    broken: /\bDate\.now\(|\bnew Date\(\)|\bsetTimeout\(|\bsetInterval\(|\bperformance\.now\(/,
    example: 'const at = Date.now();',
  },
  {
    name: 'chance comes from random.ts and its seed',
    applies: (path) => isProduct(path) && path !== 'simulations/world/random.ts',
    broken: /\bMath\.random\(/,
    example: 'const dice = Math.random();',
  },
  {
    name: 'no type is switched off',
    applies: (path) => isProduct(path) || path.startsWith('test/'),
    broken: /@ts-(ignore|expect-error|nocheck)|\bas any\s*(?=[;,)\]}|&]|$)/,
    example: '// @ts-ignore',
  },
  {
    name: 'no parking lots',
    applies: (path) => isProduct(path) || path.endsWith('.md'),
    broken: /\b(TODO|FIXME|XXX|HACK)\b/,
    example: '// TODO later',
  },
  {
    name: 'no test is left alone or left out silently',
    applies: (path) => path.endsWith('.test.ts'),
    broken: /\b(it|test|describe)\.(only|skip|todo)\(/,
    example: "it.only('x', () => {});",
  },
  {
    name: 'the words of the glossary',
    applies: (path) => isProduct(path),
    broken: /\bslaves?\b/i,
    example: 'const slave = 1;',
  },
  {
    name: 'never /failover, never a pod deleted by the executor',
    applies: (path) => path.startsWith('executor/'),
    broken: /['"`/]failover['"`]|deleteNamespacedPod|deleteCollectionNamespacedPod/,
    example: "await post('/failover');",
  },
  {
    name: 'names say what they hold',
    applies: isProduct,
    broken:
      /\b(const|let|function|type|class)\s+(data|info|item|manager|helper|helpers|util|utils|misc|temp)\b/,
    example: 'const data = 1;',
  },
];

function offences(files: readonly SourceFile[], rule: Rule): readonly string[] {
  return files
    .filter((file) => rule.applies(file.path) && file.path !== 'test/tidy.test.ts')
    .flatMap((file) =>
      file.text
        .split('\n')
        .flatMap((line, index) =>
          rule.broken.test(line) ? [`${file.path}:${index + 1}: ${line.trim()}`] : [],
        ),
    );
}

const files = sourceFiles('.', ['.ts', '.md', '.js', '.css', '.html']);

describe('house rules', () => {
  for (const rule of rules) {
    it(rule.name, () => {
      expect(rule.broken.test(rule.example)).toBe(true);
      expect(offences(files, rule)).toEqual([]);
    });
  }

  it('a file of the product holds at most 400 lines and is named in kebab-case after the one thing it holds', () => {
    const product = files.filter((file) => isProduct(file.path));
    expect(product.filter((file) => file.text.split('\n').length > 401).map((file) => file.path)).toEqual([]);
    expect(
      product
        .filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(basename(file.path)))
        .map((file) => file.path),
    ).toEqual([]);
    expect(
      product
        .filter((file) => /(^|\/)(utils?|helpers?|types|interfaces|misc)(\/|\.ts$)/.test(file.path))
        .map((file) => file.path),
    ).toEqual([]);
  });

  it('every exported function has a line that says what it returns or does', () => {
    const undocumented = files
      .filter((file) => isProduct(file.path))
      .flatMap((file) => {
        const lines = file.text.split('\n');
        return lines.flatMap((line, index) => {
          if (!/^export (async )?function\*? /.test(line)) return [];
          const above = lines[index - 1]?.trim() ?? '';
          return above.endsWith('*/') || above.startsWith('//') ? [] : [`${file.path}:${index + 1}: ${line}`];
        });
      });
    expect(undocumented).toEqual([]);
  });

  it('every file that the documents and comments name is there', () => {
    const known = new Set(sourceFiles('.', ['.ts', '.md', '.json', '.yaml', '.js']).map((file) => file.path));
    const named = files.flatMap((file) =>
      [
        ...file.text.matchAll(
          /(?<![\w/.-])(?:planner|executor|api|simulations|bin|docs|deploy|test)\/[\w./-]+\.(?:ts|md|yaml)\b/g,
        ),
      ]
        .map(([path]) => path)
        .filter((path) => !known.has(path) && !file.path.endsWith('.test.ts'))
        .map((path) => `${file.path}: ${path}`),
    );
    expect(named).toEqual([]);
  });

  it('the top level holds what the architecture names, and nothing else', () => {
    const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n');
    const top = new Set(tracked.map((path) => path.split('/')[0] ?? '').filter((name) => name !== ''));
    const known = [
      ...['planner', 'executor', 'api', 'simulations', 'test', 'docs', 'deploy', 'bin', '.ci'],
      ...[
        'package.json',
        'package-lock.json',
        'tsconfig.json',
        'biome.json',
        'vitest.config.ts',
        '.gitignore',
        '.npmrc',
        'LICENSE',
      ],
      ...['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md'],
    ];
    expect([...top].filter((name) => !known.includes(name))).toEqual([]);
  });
});
