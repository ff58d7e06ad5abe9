/**
 * The labels of members in a fleet that no preset describes, out of the environment: the same for API, worker and command line.
 */
import {
  defaultPresets,
  type MemberPresets,
  type OwnLabels,
  presetsWith,
} from '../planner/read/member-presets.ts';

export type OwnLabelsRead =
  | { readonly kind: 'read'; readonly own: OwnLabels | undefined; readonly presets: MemberPresets }
  | { readonly kind: 'wrong'; readonly problem: string };

/**
 * Patroni's kubernetes.scope_label and kubernetes.role_label: https://patroni.readthedocs.io/en/latest/yaml_configuration.html#kubernetes
 * Both are given or none.
 */
export function readOwnLabels(environment: {
  readonly SWITCHYARD_SCOPE_LABEL?: string | undefined;
  readonly SWITCHYARD_ROLE_LABEL?: string | undefined;
}): OwnLabelsRead {
  const { SWITCHYARD_SCOPE_LABEL: scopeLabel = '', SWITCHYARD_ROLE_LABEL: roleLabel = '' } = environment;
  if (scopeLabel === '' && roleLabel === '') {
    return { kind: 'read', own: undefined, presets: defaultPresets };
  }
  if (scopeLabel === '' || roleLabel === '') {
    return { kind: 'wrong', problem: 'SWITCHYARD_SCOPE_LABEL and SWITCHYARD_ROLE_LABEL: set both or none' };
  }
  const own = { scopeLabel, roleLabel };
  return { kind: 'read', own, presets: presetsWith(own) };
}
