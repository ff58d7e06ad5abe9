/**
 * How members of Patroni clusters are told from other pods: by labels that differ from operator to operator.
 */
export type MemberPreset = {
  readonly name: string;
  /** Labels a member's pod must carry with these values. */
  readonly labels: Readonly<Record<string, string>>;
  /** Its value is the cluster's scope. */
  readonly scopeLabel: string;
  /** Its value is the role; missing for a while after a switchover. */
  readonly roleLabel: string;
};

export type MemberPresets = readonly MemberPreset[];

/** Spilo under Zalando's operator: https://github.com/zalando/postgres-operator/blob/v1.14.0/docs/reference/operator_parameters.md (cluster_labels, pod_role_label). */
export const spilo: MemberPreset = {
  name: 'spilo',
  labels: { application: 'spilo' },
  scopeLabel: 'cluster-name',
  roleLabel: 'spilo-role',
};

/** Patroni's own example: https://github.com/patroni/patroni/blob/v4.0.7/kubernetes/patroni_k8s.yaml */
export const plainPatroni: MemberPreset = {
  name: 'patroni',
  labels: { application: 'patroni' },
  scopeLabel: 'cluster-name',
  roleLabel: 'role',
};

export const defaultPresets: MemberPresets = [spilo, plainPatroni];

/** The label keys that Patroni is configured with in a fleet that no default preset describes. */
export type OwnLabels = { readonly scopeLabel: string; readonly roleLabel: string };

/** The default presets; those of the fleet's own labels, where there are any, come first. */
export function presetsWith(own: OwnLabels | undefined): MemberPresets {
  return own === undefined ? defaultPresets : [customPreset(own), ...defaultPresets];
}

/** Labels as Patroni's `kubernetes.scope_label` and `kubernetes.role_label` name them. */
export function customPreset(labels: {
  readonly scopeLabel: string;
  readonly roleLabel: string;
  readonly labels?: Readonly<Record<string, string>>;
}): MemberPreset {
  return { name: 'custom', labels: {}, ...labels };
}
