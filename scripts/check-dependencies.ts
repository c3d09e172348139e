/**
 * Checks the directions of imports. Packages form layers and import only from layers below theirs, by name, what their
 * package.json declares; the files and folders in a folder import each other without cycles, also where they import only
 * types; production code imports no test code.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** Top to bottom: a package may import from any later line, none from its own. */
const layers = [
  ['cli'],
  ['web', 'master', 'agent'],
  ['executor'],
  ['modules'],
  ['tasks'],
  ['containers'],
  ['scheduler'],
  ['daemon'],
  ['flags'],
  ['telemetry'],
  ['storage'],
  ['process'],
  ['system'],
  ['resources'],
  ['protocol'],
];

/** A package that may import only the main entry of another, which is the contract between them; its tests, `/testing` as well. */
const contracts = [
  {
    from: 'agent',
    to: 'containers',
    why: 'the agent sees containers only as the `Containerizer` of @meseta/containers',
  },
];

/**
 * Imports of types that may close a cycle, because the types refer to each other: `from` imports types of a file or a
 * folder below `to`. An entry that no import needs is a problem.
 */
const typeCycles = [
  {
    from: 'packages/master/src/context.ts',
    to: 'packages/master/src/agents/',
    why: 'the context holds the parts of the master, and their functions take the context',
  },
  {
    from: 'packages/master/src/context.ts',
    to: 'packages/master/src/allocation.ts',
    why: 'the context holds the allocation, which is made for a context',
  },
  {
    from: 'packages/master/src/allocator/role-state.ts',
    to: 'packages/master/src/allocator/',
    why: 'roles, frameworks and agents of the allocator refer to each other',
  },
];

/** Outside packages/; they may import every package. Generators also read tables that packages do not export. */
const roots = ['tests', 'bench', 'scripts', 'examples'];

interface SourceFile {
  readonly path: string;
  readonly imports: readonly string[];
  /** Those of `imports` that import only types: they are gone when the program runs. */
  readonly types: readonly string[];
}

const statement = /^\s*(?:import|export)\s(?:[^'"`;=()]*?\sfrom\s*)?['"]([^'"]+)['"]/gm;
const typeOnly = /^\s*(?:import|export)\s+type\s/;
const call = /(?:\bimport|\brequire|\bresolve|\bcreateRequire\([^)]*\))\(\s*['"]([^'"]+)['"]\s*\)/g;

function sourceFile(path: string): SourceFile {
  const text = readFileSync(path, 'utf8');
  const matches = [...text.matchAll(statement), ...text.matchAll(call)];
  const specifiers = (list: typeof matches) => list.map(match => match[1] ?? '');
  return { path, imports: specifiers(matches), types: specifiers(matches.filter(([all]) => typeOnly.test(all))) };
}

const packageOf = (path: string) => /^packages\/([^/]+)\//.exec(path)?.[1];
const layerOf = (name: string) => layers.findIndex(layer => layer.includes(name));
const isTest = (path: string) => /\.test\.ts$|(^|\/)testing(\/|\.ts$)/.test(path);
const target = (file: SourceFile, specifier: string) => normalize(join(dirname(file.path), specifier));

function problemOfRelative(file: SourceFile, specifier: string): string | undefined {
  const path = target(file, specifier);
  if (packageOf(path) !== packageOf(file.path) && !file.path.startsWith('scripts/')) return 'import packages by name';
  if (isTest(path) && !isTest(file.path) && packageOf(file.path)) return 'production code must not import test code';
  return undefined;
}

function problemOfName(file: SourceFile, specifier: string, declared: ReadonlySet<string>): string | undefined {
  const own = packageOf(file.path);
  const [, name = '', rest = ''] = /^@meseta\/([^/]+)(.*)$/.exec(specifier) ?? [];
  if (own === undefined || name === '') return undefined;
  if (name === own) return 'a package imports its own files by path';
  if (layerOf(name) < 0) return `package '${name}' is in no layer`;
  if (layerOf(name) <= layerOf(own)) return `'${own}' must not depend on '${name}': arrows point down`;
  if (rest === '/testing' && !isTest(file.path)) return 'production code must not import test code';
  const contract = contracts.find(({ from, to }) => from === own && to === name);
  if (contract && rest !== '' && rest !== '/testing') return contract.why;
  if (!declared.has(`@meseta/${name}`)) return `packages/${own}/package.json does not declare it`;
  return undefined;
}

function declaredBy(name: string): Set<string> {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(`packages/${name}/package.json`, 'utf8'));
  return new Set(Object.keys({ ...dependencies, ...devDependencies }));
}

const typeCycleOf = (file: SourceFile, specifier: string) =>
  file.types.includes(specifier)
    ? typeCycles.find(({ from, to }) => file.path === from && target(file, specifier).startsWith(to))
    : undefined;

/** What imports what: each entry of a folder, and the entries of the same folder that it, or a file in it, imports. */
type Graph = Map<string, Set<string>>;

/** The graphs of all folders: an import counts in the folder where the ways to both files part. */
function graphsOf(files: readonly SourceFile[]): Graph[] {
  const graphs = new Map<string, Graph>();
  for (const file of files.filter(({ path }) => !isTest(path))) {
    for (const specifier of file.imports.filter(each => each.startsWith('.') && !typeCycleOf(file, each))) {
      const from = file.path.split('/');
      const to = target(file, specifier).split('/');
      const depth = from.findIndex((part, index) => part !== to[index]);
      if (depth < 0) continue;
      const entry = (parts: readonly string[]) => parts.slice(0, depth + 1).join('/');
      const folder = entry(from.slice(0, depth));
      const graph: Graph = graphs.get(folder) ?? new Map();
      graphs.set(folder, graph.set(entry(from), (graph.get(entry(from)) ?? new Set()).add(entry(to))));
    }
  }
  return [...graphs.values()];
}

/** Cycles, each once, as `a.ts → b → a.ts`. */
function cyclesOf(graph: Graph): string[] {
  const done = new Set<string>();
  const cycles: string[] = [];
  function visit(entry: string, trail: readonly string[]): void {
    const start = trail.indexOf(entry);
    if (start >= 0) cycles.push([...trail.slice(start), entry].join(' → '));
    if (start >= 0 || done.has(entry)) return;
    for (const next of graph.get(entry) ?? []) visit(next, [...trail, entry]);
    done.add(entry);
  }
  for (const entry of graph.keys()) visit(entry, []);
  return cycles;
}

/** @returns one line a problem. Paths are relative to the working directory, which is the checkout. */
export function checkDependencies(): string[] {
  const patterns = ['packages/*/{src,bin}/**/*.{ts,tsx,mjs}', ...roots.map(root => `${root}/**/*.ts`)];
  const files: SourceFile[] = globSync(patterns).sort().map(sourceFile);
  const names = [...new Set(files.flatMap(({ path }) => packageOf(path) ?? []))];
  const declared = new Map(names.map(name => [name, declaredBy(name)]));
  const problems = files.flatMap(file =>
    file.imports.flatMap(specifier => {
      const problem = specifier.startsWith('.')
        ? problemOfRelative(file, specifier)
        : problemOfName(file, specifier, declared.get(packageOf(file.path) ?? '') ?? new Set());
      return problem ? [`${file.path}: '${specifier}': ${problem}`] : [];
    }),
  );
  const unlayered = names.filter(name => layerOf(name) < 0).map(name => `packages/${name} is in no layer`);
  const needed = new Set(files.flatMap(file => file.imports.map(specifier => typeCycleOf(file, specifier))));
  const unneeded = typeCycles.filter(entry => !needed.has(entry));
  return [
    ...unlayered,
    ...problems,
    ...unneeded.map(({ from, to }) => `${from} imports no types of ${to}: remove the entry of typeCycles`),
    ...graphsOf(files)
      .flatMap(cyclesOf)
      .map(cycle => `cycle: ${cycle}`),
  ];
}
