/** Type-checks the TypeScript and the JSON of guides. */
import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Block } from './blocks.ts';

/** Who reads the guide has Node's types and, where a block imports them, Meseta's packages. */
const compilerOptions = {
  ...{ target: 'esnext', lib: ['esnext'], module: 'nodenext', types: ['node'], noEmit: true, skipLibCheck: true },
  ...{ strict: true, noUncheckedIndexedAccess: true, erasableSyntaxOnly: true, allowImportingTsExtensions: true },
};

/**
 * Checks all of them in one go.
 *
 * @param directory an empty one. @returns what the compiler says of each block; nothing of blocks without problems.
 */
export async function checkTypes(
  blocks: readonly Block[],
  root: string,
  directory: string,
): Promise<Map<Block, string>> {
  symlinkSync(path.join(root, 'node_modules'), path.join(directory, 'node_modules'));
  writeFileSync(path.join(directory, 'package.json'), '{"type": "module"}');
  writeFileSync(path.join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*/*.ts'] }));
  blocks.forEach((block, index) => {
    mkdirSync(path.join(directory, String(index)));
    writeFileSync(path.join(directory, String(index), 'block.ts'), sourceOf(block));
  });
  const said = await new Promise<string>(resolve => {
    const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
    execFile(process.execPath, [tsc, '-p', '.', '--pretty', 'false'], { cwd: directory }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
  const problems = new Map<Block, string>();
  for (const line of said.trim().split('\n').filter(Boolean)) {
    const block = blocks[Number(/^(\d+)\/block\.ts/.exec(line)?.[1])] ?? (blocks[0] as Block);
    problems.set(block, `${problems.get(block) ?? ''}${line}\n`);
  }
  return problems;
}

function sourceOf({ language, text, as }: Block): string {
  if (language !== 'json') return `${text}\nexport {};\n`;
  return `import type { ${as} } from '@meseta/protocol';\nexport const value: Partial<${as}> = ${text};\n`;
}
