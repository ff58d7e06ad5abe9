import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BadInput } from '../../bin/exit.ts';
import { readTokenFile } from '../../bin/read-token-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'token-file-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function read(text: string) {
  const path = join(folder, 'tokens.csv');
  writeFileSync(path, text);
  return readTokenFile(path);
}

describe('a token file', () => {
  it('names a user a line, with groups in quotes, one group without, or none', () => {
    expect(read('a,admin,1,"system:masters,lab"\n\nb,nobody,2\nc,one,3,lab\n')).toEqual([
      { token: 'a', name: 'admin', uid: '1', groups: ['system:masters', 'lab'] },
      { token: 'b', name: 'nobody', uid: '2', groups: [] },
      { token: 'c', name: 'one', uid: '3', groups: ['lab'] },
    ]);
  });

  it.each([
    ['a,admin,1\nb,nobody\n', 'tokens.csv:2: expected token,user,uid'],
    ['', 'no user in it'],
  ])('%j is refused in one line', (text, sentence) => {
    expect(() => read(text)).toThrow(BadInput);
    expect(() => read(text)).toThrow(sentence);
  });

  it('that is not there is refused', () => {
    expect(() => readTokenFile(join(folder, 'none'))).toThrow('no such file; expected');
  });
});
