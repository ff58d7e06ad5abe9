/**
 * What is used of @kubernetes/client-node: kubeconfigs with all their ways to authenticate, and its HTTP. Its models and calls, some nine
 * hundred generated modules, are not used (rest.ts says why); loaded, they would be a quarter of the memory of a worker on a small fleet.
 *
 * The package has one entrance, which loads everything, and its `config.js` asks for the index of what is generated though it takes two
 * small modules of it. So those two are given to it instead: client-generated.ts. Should another version ask for them by another
 * name, all is loaded as before; should it take something else, the import fails at once, by name.
 */
import { registerHooks } from 'node:module';

const generated = new URL('client-generated.ts', import.meta.url).href;

const hooks = registerHooks({
  resolve: (specifier, context, next) =>
    specifier === './gen/index.js' &&
    context.parentURL?.endsWith('/@kubernetes/client-node/dist/config.js') === true
      ? next(generated, context)
      : next(specifier, context),
});

export const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
export const { IsomorphicFetchHttpLibrary, RequestContext } = await import(
  '@kubernetes/client-node/dist/gen/http/http.js'
);

hooks.deregister();
