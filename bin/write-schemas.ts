/** Writes docs/schemas/*.json from the zod schemas: `npm run schemas`. A test proves that they are current. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { drainPlanSchema } from '../executor/formats/drain-plan.ts';
import { drainRequestSchema } from '../executor/formats/drain-request.ts';
import { runSchema } from '../executor/formats/run.ts';

/** File text by file name. */
export function schemaFiles(): ReadonlyMap<string, string> {
  const schemas = {
    'drain-request.json': drainRequestSchema,
    'drain-plan.json': drainPlanSchema,
    'run.json': runSchema,
  };
  return new Map(
    Object.entries(schemas).map(([file, schema]) => [
      file,
      `${JSON.stringify(schemaAtRoot(schema), null, 2)}\n`,
    ]),
  );
}

/** A named schema becomes a reference into `$defs`; here it stands at the root, where readers and tools look for it. */
function schemaAtRoot(schema: z.ZodType): object {
  const { $schema, $ref, $defs = {}, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  const name = $ref?.replace('#/$defs/', '') ?? '';
  const { [name]: root = {}, ...others } = $defs;
  return { $schema, ...root, ...rest, ...(Object.keys(others).length > 0 ? { $defs: others } : {}) };
}

/** Only when run as a program, so that the test can import this file. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = new URL('../docs/schemas/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of schemaFiles()) writeFileSync(new URL(file, folder), text);
}
