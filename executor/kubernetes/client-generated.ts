/** All that the kubeconfigs of @kubernetes/client-node take of its generated part: client-parts.ts. */
export { createConfiguration } from '@kubernetes/client-node/dist/gen/configuration.js';
export { ServerConfiguration } from '@kubernetes/client-node/dist/gen/servers.js';
