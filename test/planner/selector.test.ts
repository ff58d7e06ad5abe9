import { describe, expect, it } from 'vitest';
import {
  matchesLabels,
  matchesNodeTerms,
  parseSelector,
  readLabelSelector,
  readNodeSelectorTerms,
  selectsNothing,
} from '../../planner/rules/selector.ts';

/** Does the text select these labels? Fails where it cannot be read. */
function selects(text: string, labels: Record<string, string>): boolean {
  const selector = parseSelector(text);
  if (selector === undefined) throw new Error(`cannot be read: ${text}`);
  return matchesLabels(selector, labels);
}

describe('label selectors as text', () => {
  const labels = { app: 'web', tier: 'front', 'topology.kubernetes.io/zone': 'z1', empty: '' };

  it.each([
    ['', true],
    ['app=web', true],
    ['app==web', true],
    [' app = web , tier != back ', true],
    ['app!=web', false],
    ['missing!=anything', true],
    ['app in (web, api)', true],
    ['app in (api)', false],
    ['app notin (api,batch)', true],
    ['missing notin (api)', true],
    ['app notin (web)', false],
    ['app', true],
    ['missing', false],
    ['!missing', true],
    ['! app', false],
    ['topology.kubernetes.io/zone in (z1,z2),app', true],
    ['empty=', true],
    ['app=', false],
    ['app in (web),tier in (back)', false],
  ])('%j selects: %s', (text, selected) => {
    expect(selects(text, labels)).toBe(selected);
  });

  it('compares integers with < and >', () => {
    expect(selects('generation > 4', { generation: '5' })).toBe(true);
    expect(selects('generation > 4', { generation: '4' })).toBe(false);
    expect(selects('generation < 4', { generation: '-1' })).toBe(true);
    expect(selects('generation < 4', { generation: 'four' })).toBe(false);
  });

  it.each([
    'a=b=c',
    'a in b',
    'a in (b',
    'a,,b',
    '=b',
    'a in (b c)',
    'a b',
    'a=b,',
    ',',
    'a=$(rm)',
    'in (a)',
  ])('refuses %j', (text) => {
    expect(parseSelector(text)).toBeUndefined();
  });

  it('does not take inherited fields for labels', () => {
    expect(selects('constructor', {})).toBe(false);
    expect(selects('toString', {})).toBe(false);
  });
});

describe('label selectors of objects', () => {
  it('an empty selector selects everything and an absent one nothing', () => {
    expect(matchesLabels(readLabelSelector({}) ?? selectsNothing, { app: 'web' })).toBe(true);
    expect(readLabelSelector(undefined)).toBeUndefined();
    expect(matchesLabels(selectsNothing, { '': '', app: 'web' })).toBe(false);
  });

  it('all of matchLabels and matchExpressions must hold', () => {
    const selector = readLabelSelector({
      matchLabels: { app: 'web' },
      matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['back'] }],
    });
    expect(matchesLabels(selector ?? selectsNothing, { app: 'web' })).toBe(true);
    expect(matchesLabels(selector ?? selectsNothing, { app: 'web', tier: 'back' })).toBe(false);
    expect(matchesLabels(selector ?? selectsNothing, { tier: 'front' })).toBe(false);
  });

  it('an expression that cannot be understood selects nothing', () => {
    const selector = readLabelSelector({
      matchExpressions: [{ key: 'app', operator: 'Like', values: ['w'] }],
    });
    expect(matchesLabels(selector ?? [], { app: 'web' })).toBe(false);
  });
});

describe('node selector terms', () => {
  const node = { name: 'n1', labels: { disk: 'ssd', generation: '7' } };
  const matches = (selector: unknown) => matchesNodeTerms(readNodeSelectorTerms(selector) ?? [], node);

  it('one term has to hold, and in it every expression', () => {
    const hdd = { matchExpressions: [{ key: 'disk', operator: 'In', values: ['hdd'] }] };
    const newSsd = {
      matchExpressions: [
        { key: 'disk', operator: 'In', values: ['ssd'] },
        { key: 'generation', operator: 'Gt', values: ['5'] },
      ],
    };
    expect(matches({ nodeSelectorTerms: [hdd, newSsd] })).toBe(true);
    expect(matches({ nodeSelectorTerms: [hdd] })).toBe(false);
  });

  it('matchFields looks at the name', () => {
    const named = (name: string) => ({
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] }],
    });
    expect(matches(named('n1'))).toBe(true);
    expect(matches(named('n2'))).toBe(false);
  });

  it('no terms and empty terms match no node', () => {
    expect(matches({ nodeSelectorTerms: [] })).toBe(false);
    expect(matches({ nodeSelectorTerms: [{}] })).toBe(false);
  });
});
