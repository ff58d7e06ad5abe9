import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { schemaFiles } from '../../bin/write-schemas.ts';

const folder = new URL('../../docs/schemas/', import.meta.url);

it('the JSON Schemas in docs/schemas are those of the code (npm run schemas)', () => {
  const files = schemaFiles();
  expect([...files.keys()].sort()).toEqual(readdirSync(folder).sort());
  for (const [file, text] of files) expect(readFileSync(new URL(file, folder), 'utf8'), file).toBe(text);
});

it('a request may have no unknown field, and needs nothing but its nodes', () => {
  const schema = JSON.parse(schemaFiles().get('drain-request.json') ?? '');
  expect(schema).toMatchObject({ additionalProperties: false, required: ['apiVersion', 'kind', 'nodes'] });
  expect(Object.keys(schema.properties)).toEqual([
    'apiVersion',
    'kind',
    'nodes',
    'surge',
    'replacement',
    'limits',
    'mode',
    'hold',
    'parking',
    'singleMember',
    'onDeadline',
    'clusters',
  ]);
});
