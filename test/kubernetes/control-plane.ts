/** The control plane that the tests of this folder run on: the real one of KUBEBUILDER_ASSETS, or our simulation in its role. */
import { findAssets } from './find-assets.ts';
import { type ProgramName, writePrograms } from './simulated/write-programs.ts';
import { type ApiServer, startApiServer } from './start-api-server.ts';

const wanted = process.env.KUBEBUILDER_ASSETS;

/** For the names of tests: what was proved depends on it. */
export const roleOfServer =
  wanted === undefined
    ? 'an API server started by its flags (our simulation in the role of kube-apiserver)'
    : 'the API server of KUBEBUILDER_ASSETS';

/** Starts it; `simulated` are the programs beside etcd and kube-apiserver where they are ours. Throws where KUBEBUILDER_ASSETS lacks one. */
export async function startControlPlane(...simulated: readonly ProgramName[]): Promise<ApiServer> {
  if (wanted !== undefined) return startFrom(wanted);
  const programs = writePrograms('etcd', 'kube-apiserver', ...simulated);
  try {
    const server = await startFrom(programs.folder);
    return {
      ...server,
      stop: async () => {
        await server.stop();
        programs.remove();
      },
    };
  } catch (error) {
    programs.remove();
    throw error;
  }
}

async function startFrom(folder: string): Promise<ApiServer> {
  const found = findAssets(folder);
  if (found.kind !== 'found') throw new Error(found.message);
  return startApiServer(found.assets);
}
