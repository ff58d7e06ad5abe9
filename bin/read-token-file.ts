import { readFileSync } from 'node:fs';
import { BadInput } from './exit.ts';

const option = '--token-auth-file';

const troubles: Readonly<Record<string, string>> = { ENOENT: 'no such file', EISDIR: 'is a folder' };

/**
 * The users of a token file, as a real API server reads one: token, user, uid, and optionally groups in quotes.
 * Throws BadInput naming the line. https://kubernetes.io/docs/reference/access-authn-authz/authentication/#static-token-file
 */
export function readTokenFile(path: string) {
  const users = textOf(path)
    .split('\n')
    .flatMap((line, index) => (line.trim() === '' ? [] : [readLine(line.trim(), `${path}:${index + 1}`)]));
  if (users.length === 0) throw new BadInput(`${option}: ${path}: no user in it`);
  return users;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new BadInput(
      `${option}: ${path}: ${troubles[code] ?? `cannot be read (${code})`}; expected a file of token,user,uid,"group,group" lines`,
    );
  }
}

function readLine(line: string, at: string) {
  const [, token, name, uid, quoted, plain] =
    /^([^",]+),([^",]+),([^",]+)(?:,(?:"([^"]*)"|([^",]*)))?$/.exec(line) ?? [];
  if (token === undefined || name === undefined || uid === undefined)
    throw new BadInput(`${option}: ${at}: expected token,user,uid,"group,group"`);
  const groups = (quoted ?? plain ?? '').split(',').filter((group) => group !== '');
  return { token, name, uid, groups };
}
