/**
 * The programs of a control plane, found as envtest finds them: in the folder that KUBEBUILDER_ASSETS names.
 * https://book.kubebuilder.io/reference/envtest
 */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

export type Assets = {
  readonly etcd: string;
  readonly apiServer: string;
  /** Undefined: not in the folder, and stood in for. */
  readonly controllerManager: string | undefined;
  readonly scheduler: string | undefined;
};

export type FoundAssets =
  | { readonly kind: 'found'; readonly assets: Assets }
  /** Nobody wants them. */
  | { readonly kind: 'unset'; readonly message: string }
  /** Somebody wants them, and they are not there. */
  | { readonly kind: 'missing'; readonly message: string };

const howToGetThem = 'export KUBEBUILDER_ASSETS="$(setup-envtest use 1.34 -p path)"';

/** Returns the programs in `folder`, or one line that says what is missing and what brings it. */
export function findAssets(folder: string | undefined): FoundAssets {
  if (folder === undefined || folder === '') {
    const message = `skipped: KUBEBUILDER_ASSETS is not set. etcd and kube-apiserver come with  ${howToGetThem}`;
    return { kind: 'unset', message };
  }
  const find = (name: string): string | undefined => {
    const path = join(folder, name);
    return isExecutable(path) ? path : undefined;
  };
  const [etcd, apiServer] = [find('etcd'), find('kube-apiserver')];
  if (etcd === undefined || apiServer === undefined) {
    const lacking = ['etcd', 'kube-apiserver'].filter((name) => find(name) === undefined).join(' and ');
    const message = `KUBEBUILDER_ASSETS=${folder} has no program ${lacking}. A whole folder comes with  ${howToGetThem}`;
    return { kind: 'missing', message };
  }
  const others = { controllerManager: find('kube-controller-manager'), scheduler: find('kube-scheduler') };
  return { kind: 'found', assets: { etcd, apiServer, ...others } };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
