import { describe, expect, it } from 'vitest';
import { readConfig } from '../../api/config.ts';
import { readWorkerConfig } from '../../executor/config.ts';
import { readOwnLabels } from '../../executor/own-labels.ts';
import { defaultPresets } from '../../planner/read/member-presets.ts';

const both = { SWITCHYARD_SCOPE_LABEL: 'pg/scope', SWITCHYARD_ROLE_LABEL: 'pg/role' };
const half = { SWITCHYARD_SCOPE_LABEL: 'pg/scope', SWITCHYARD_ROLE_LABEL: '' };
const problem = 'SWITCHYARD_SCOPE_LABEL and SWITCHYARD_ROLE_LABEL: set both or none';

describe('labels of members out of the environment', () => {
  it('come before the default ones, which stay', () => {
    const read = readOwnLabels(both);
    expect(read).toMatchObject({ kind: 'read', own: { scopeLabel: 'pg/scope', roleLabel: 'pg/role' } });
    const [first, ...rest] = read.kind === 'read' ? read.presets : [];
    expect(first).toMatchObject({ scopeLabel: 'pg/scope', roleLabel: 'pg/role', labels: {} });
    expect(rest).toEqual(defaultPresets);
  });

  it('are the same for worker and API', () => {
    const read = readOwnLabels(both);
    const { memberPresets } = readWorkerConfig(both);
    expect(read).toMatchObject({ presets: memberPresets });
    expect(readConfig(both)).toMatchObject({ kind: 'config', config: { memberPresets } });
    expect(readWorkerConfig({}).memberPresets).toEqual(defaultPresets);
  });

  it('are refused by halves', () => {
    expect(readOwnLabels(half)).toEqual({ kind: 'wrong', problem });
    expect(() => readWorkerConfig(half)).toThrow(problem);
    expect(readConfig(half)).toEqual({ kind: 'bad-config', problems: [problem] });
  });
});
