/**
 * A folder as KUBEBUILDER_ASSETS names one, in which every program is our simulation: what can be proved without the real ones is that
 * they are started with flags that are read, found ready, talked to over TLS with a token, and ended.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const files = {
  etcd: 'etcd.ts',
  'kube-apiserver': 'kube-apiserver.ts',
  'kube-controller-manager': 'controllers.ts',
  'kube-scheduler': 'controllers.ts',
} as const;

export type ProgramName = keyof typeof files;

/** Writes the named programs into a folder of their own; `remove` takes it away. */
export function writePrograms(...names: readonly ProgramName[]): {
  readonly folder: string;
  readonly remove: () => void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-assets-'));
  for (const name of names) {
    const file = fileURLToPath(new URL(files[name], import.meta.url));
    const script = `#!/bin/sh\nexec "${process.execPath}" "${file}" ${name} "$@"\n`;
    writeFileSync(join(folder, name), script, { mode: 0o755 });
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
