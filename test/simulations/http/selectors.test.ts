import { describe, expect, it } from 'vitest';
import { findResourceType, type ResourceType } from '../../../simulations/http/resources.ts';
import { readFieldSelector, readLabelSelector } from '../../../simulations/http/selectors.ts';
import type { StoredObject } from '../../../simulations/world/object-store.ts';

function pod(labels: Record<string, string>, rest: { [field: string]: unknown } = {}): StoredObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'one',
      namespace: 'default',
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: '',
      labels,
    },
    ...rest,
  };
}

function selects(text: string, labels: Record<string, string>): boolean {
  const selector = readLabelSelector(text);
  if (selector.kind === 'unreadable') throw new Error(selector.message);
  return selector.matches(pod(labels));
}

function complaint(text: string): string | undefined {
  const selector = readLabelSelector(text);
  return selector.kind === 'unreadable' ? selector.message : undefined;
}

describe('a label selector', () => {
  it.each([
    ['', {}, true],
    ['app=web', { app: 'web' }, true],
    ['app==web', { app: 'web' }, true],
    ['app = web', { app: 'web' }, true],
    ['app=web', { app: 'db' }, false],
    ['app=web', {}, false],
    ['app!=web', { app: 'db' }, true],
    ['app!=web', {}, true],
    ['app!=web', { app: 'web' }, false],
    ['app', { app: '' }, true],
    ['app', {}, false],
    ['!app', {}, true],
    ['!app', { app: 'x' }, false],
    ['app in (web, db)', { app: 'db' }, true],
    ['app in (web,db)', { app: 'other' }, false],
    ['app in (web)', {}, false],
    ['app notin (web)', {}, true],
    ['app notin (web,db)', { app: 'db' }, false],
    ['app in ()', { app: '' }, true],
    ['app=', { app: '' }, true],
    ['app=', { app: 'web' }, false],
    ['size>3', { size: '4' }, true],
    ['size>3', { size: '3' }, false],
    ['size<3', { size: '2' }, true],
    ['size<3', { size: 'small' }, false],
    ['size<3', {}, false],
    ['a=1,b=2', { a: '1', b: '2' }, true],
    ['a=1,b=2', { a: '1', b: '3' }, false],
    ['a in (1,2),!b', { a: '2' }, true],
    ['example.com/role=db', { 'example.com/role': 'db' }, true],
    // Names that objects have of themselves are no labels.
    ['constructor', {}, false],
  ] as const)('%s on %j: %j', (text, labels, expected) => {
    expect(selects(text, labels)).toBe(expected);
  });

  it.each(['a===b', 'a in', 'a in (b', ',a', 'a=b,', '=b', 'a>x', '-a=b', 'a b'])(
    '%s cannot be read',
    (text) => {
      expect(complaint(text)).toMatch(/unable to parse requirement/);
    },
  );
});

const podType = findResourceType('', 'v1', 'pods');

function fieldSelects(
  text: string,
  object: StoredObject,
  type: ResourceType | undefined = podType,
): boolean | string {
  if (type === undefined) throw new Error('pods are not served');
  const selector = readFieldSelector(text, type);
  return selector.kind === 'unreadable' ? selector.message : selector.matches(object);
}

describe('a field selector', () => {
  const running = pod({}, { spec: { nodeName: 'n1' }, status: { phase: 'Running' } });
  it.each([
    ['spec.nodeName=n1', true],
    ['spec.nodeName==n1', true],
    ['spec.nodeName=n2', false],
    ['spec.nodeName!=n2', true],
    ['spec.nodeName=n1,status.phase!=Succeeded,status.phase!=Failed', true],
    ['spec.nodeName=n1,status.phase=Pending', false],
    ['metadata.name=one,metadata.namespace=default', true],
    ['metadata.namespace=other', false],
    ['status.podIP=', true],
  ] as const)('%s: %j', (text, expected) => {
    expect(fieldSelects(text, running)).toBe(expected);
  });

  it('is refused for a field that the type does not offer', () => {
    expect(fieldSelects('spec.foo=bar', running)).toBe('field label not supported: spec.foo');
    expect(fieldSelects('spec.nodeName=n1', running, findResourceType('', 'v1', 'nodes'))).toBe(
      'field label not supported: spec.nodeName',
    );
  });

  it('finds pods without a node', () => {
    expect(fieldSelects('spec.nodeName=', pod({}))).toBe(true);
  });
});
