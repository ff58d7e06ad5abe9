/** What a real fleet needs of the machine: Patroni, PostgreSQL, and somebody other than root to run them. */
import { accessSync, constants, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

export type Programs = {
  readonly patroni: string;
  /** Folder of initdb, postgres and their neighbours. */
  readonly postgresBin: string;
  /** Whom the processes run as; undefined: as oneself. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
};

const INSTALL = 'apt-get install -y --no-install-recommends patroni postgresql';

/** Returns where the programs are, or one sentence that says which are missing and what brings them. */
export function findPrograms():
  | { readonly kind: 'found'; readonly programs: Programs }
  | { readonly kind: 'missing'; readonly message: string } {
  const patroni = findIn(foldersOfPath(), 'patroni');
  const initdb = findIn([...foldersOfPath(), ...debianFolders()], 'initdb');
  if (patroni === undefined || initdb === undefined) {
    const missing = [
      ...(patroni === undefined ? ['patroni'] : []),
      ...(initdb === undefined ? ['initdb'] : []),
    ];
    return {
      kind: 'missing',
      message: `no ${missing.join(' and no ')} found, which --real-postgres runs. On Debian:  ${INSTALL}`,
    };
  }
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? findUser('postgres') : undefined;
  if (isRoot && user === undefined)
    return {
      kind: 'missing',
      message: `PostgreSQL refuses to run as root, and there is no user "postgres". On Debian:  ${INSTALL}`,
    };
  return { kind: 'found', programs: { patroni, postgresBin: dirname(realpathSync(initdb)), user } };
}

function foldersOfPath(): readonly string[] {
  return (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
}

/** Debian keeps each version's programs in a folder of its own, off the PATH; the newest first. */
function debianFolders(): readonly string[] {
  const root = '/usr/lib/postgresql';
  try {
    const versions = readdirSync(root).toSorted((one, other) => Number(other) - Number(one));
    return versions.map((version) => join(root, version, 'bin'));
  } catch {
    return [];
  }
}

function findIn(folders: readonly string[], program: string): string | undefined {
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function findUser(name: string): { readonly uid: number; readonly gid: number } | undefined {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [login, , uid, gid] = line.split(':');
    if (login === name) return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}
