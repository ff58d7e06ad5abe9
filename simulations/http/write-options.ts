/**
 * The query of a request that writes: dryRun, fieldValidation, fieldManager, force.
 * https://github.com/kubernetes/apimachinery/blob/master/pkg/apis/meta/v1/validation/validation.go
 */
import type { Answer, HttpRequest } from './answer.ts';
import type { FieldValidation } from './decode-object.ts';
import { invalid } from './status.ts';

export type WriteOptions = {
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
  /** Who the changed fields belong to from now on. */
  readonly fieldManager: string;
  /** Server-side apply only: take fields over from others. */
  readonly force: boolean;
};

type ReadOptions =
  | { readonly kind: 'options'; readonly options: WriteOptions }
  | { readonly kind: 'refused'; readonly answer: Answer };

const managerCharactersMax = 128;

/** The options of a request; 422 for one that is not known or not allowed. */
export function readWriteOptions(request: HttpRequest): ReadOptions {
  const { query } = request;
  const isApply = isApplyPatch(request);
  const named = query.get('fieldManager') ?? '';
  const force = query.get('force');
  const validation = query.get('fieldValidation') || 'Warn';
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  if (isApply && named === '')
    return refused(
      request,
      'FieldValueRequired',
      'fieldManager',
      'Required value: is required for apply patch',
    );
  if (!isApply && request.method === 'PATCH' && force !== null)
    return refused(
      request,
      'FieldValueForbidden',
      'force',
      'Forbidden: may not be specified for non-apply patch',
    );
  if (named.length > managerCharactersMax)
    return refused(request, 'FieldValueTooLong', 'fieldManager', 'Too long: may not be more than 128 bytes');
  const unknownRun = dryRun.find((value) => value !== 'All');
  if (unknownRun !== undefined)
    return refused(
      request,
      'FieldValueNotSupported',
      'dryRun',
      `Unsupported value: ${JSON.stringify(unknownRun)}: supported values: "All"`,
    );
  if (validation !== 'Ignore' && validation !== 'Warn' && validation !== 'Strict')
    return refused(
      request,
      'FieldValueNotSupported',
      'fieldValidation',
      `Unsupported value: ${JSON.stringify(validation)}: supported values: "", "Ignore", "Strict", "Warn"`,
    );
  return {
    kind: 'options',
    options: {
      dryRun: dryRun.length > 0,
      fieldValidation: validation,
      fieldManager: named === '' ? managerOfAgent(request.headers['user-agent']) : named,
      force: force === 'true' || force === '1',
    },
  };
}

/** True for a PATCH by server-side apply. */
export function isApplyPatch(request: HttpRequest): boolean {
  const type = request.headers['content-type']?.split(';')[0]?.trim();
  return request.method === 'PATCH' && type === 'application/apply-patch+yaml';
}

/** A client that does not say who it is goes by the first word of its user agent. */
function managerOfAgent(agent: string | undefined): string {
  const word = agent?.split('/')[0] ?? '';
  return word === '' ? 'unknown' : word.slice(0, managerCharactersMax);
}

function refused(request: HttpRequest, reason: string, field: string, message: string): ReadOptions {
  const kinds: Readonly<Record<string, string>> = { POST: 'CreateOptions', PUT: 'UpdateOptions' };
  const plural = kinds[request.method] ?? 'PatchOptions';
  return {
    kind: 'refused',
    answer: invalid({ group: 'meta.k8s.io', plural }, '', [{ reason, message, field }]),
  };
}
