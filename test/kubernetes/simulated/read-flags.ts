import { parseArgs } from 'node:util';

/** The flags of this process, `--name=value`, after the program's name. One that is not among `names` ends it, as it ends the real programs. */
export function readFlags(names: readonly string[]): { readonly [name: string]: string | undefined } {
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  try {
    return { ...parseArgs({ args: process.argv.slice(3), options }).values };
  } catch (error) {
    process.stderr.write(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
