import { afterEach, describe, expect, it } from 'vitest';
import { findPrograms } from '../../../simulations/real-postgres/find-programs.ts';

const path = process.env.PATH;
afterEach(() => {
  process.env.PATH = path;
});

describe('what a real fleet needs of the machine', () => {
  it('is named in one line with what brings it, where it is missing', () => {
    process.env.PATH = '/nowhere';
    const found = findPrograms();
    expect(found.kind).toBe('missing');
    const message = found.kind === 'missing' ? found.message : '';
    expect(message).toMatch(/^no patroni (and no initdb )?found/);
    expect(message).toContain('apt-get install -y --no-install-recommends patroni postgresql');
    expect(message).not.toContain('\n');
  });
});
