/** The columns of `kubectl get` for volumes and what brings them. */
import {
  ageColumn,
  type Column,
  column,
  fields,
  list,
  metadata,
  nameColumn,
  spec,
  status,
  text,
} from './column.ts';
import type { JsonObject } from './json.ts';

/** The columns of a kind that has to do with storage; undefined: it has not. */
export function storageColumns(kind: string): readonly Column[] | undefined {
  switch (kind) {
    case 'PersistentVolumeClaim':
      return claimColumns;
    case 'PersistentVolume':
      return volumeColumns;
    case 'StorageClass':
      return classColumns;
    case 'VolumeAttachment':
      return [
        nameColumn,
        column('Attacher', (one) => text(spec(one).attacher, '')),
        column('PV', (one) => text(fields(spec(one).source).persistentVolumeName, '')),
        column('Node', (one) => text(spec(one).nodeName, '')),
        column('Attached', (one) => String(status(one).attached ?? false)),
        ageColumn,
      ];
    case 'CSINode':
      return [
        nameColumn,
        column('Drivers', (one) => list(spec(one).drivers).length, false, 'integer'),
        ageColumn,
      ];
    default:
      return undefined;
  }
}

const claimColumns: readonly Column[] = [
  nameColumn,
  column('Status', phaseOf),
  column('Volume', (claim) => text(spec(claim).volumeName, '')),
  column('Capacity', (claim) => text(fields(status(claim).capacity).storage, '')),
  column('Access Modes', (claim) => modesOf(status(claim).accessModes)),
  column('StorageClass', (claim) => text(spec(claim).storageClassName, '')),
  column('VolumeAttributesClass', (claim) => text(spec(claim).volumeAttributesClassName, '<unset>')),
  ageColumn,
  column('VolumeMode', (claim) => text(spec(claim).volumeMode, '<unset>'), true),
];

const volumeColumns: readonly Column[] = [
  nameColumn,
  column('Capacity', (volume) => text(fields(spec(volume).capacity).storage, '')),
  column('Access Modes', (volume) => modesOf(spec(volume).accessModes)),
  column('Reclaim Policy', (volume) => text(spec(volume).persistentVolumeReclaimPolicy, '')),
  column('Status', phaseOf),
  column('Claim', claimOf),
  column('StorageClass', (volume) => text(spec(volume).storageClassName, '')),
  column('VolumeAttributesClass', (volume) => text(spec(volume).volumeAttributesClassName, '<unset>')),
  column('Reason', (volume) => text(status(volume).reason, '')),
  ageColumn,
  column('VolumeMode', (volume) => text(spec(volume).volumeMode, '<unset>'), true),
];

const classColumns: readonly Column[] = [
  column('Name', (one) => {
    const note = fields(metadata(one).annotations)['storageclass.kubernetes.io/is-default-class'];
    return `${text(metadata(one).name, '')}${note === 'true' ? ' (default)' : ''}`;
  }),
  column('Provisioner', (one) => text(one.provisioner, '')),
  column('ReclaimPolicy', (one) => text(one.reclaimPolicy, 'Delete')),
  column('VolumeBindingMode', (one) => text(one.volumeBindingMode, 'Immediate')),
  column('AllowVolumeExpansion', (one) => String(one.allowVolumeExpansion ?? false)),
  ageColumn,
];

function phaseOf(object: JsonObject): string {
  return metadata(object).deletionTimestamp === undefined ? text(status(object).phase, '') : 'Terminating';
}

function claimOf(volume: JsonObject): string {
  const { namespace, name } = fields(spec(volume).claimRef);
  return name === undefined ? '' : `${String(namespace)}/${String(name)}`;
}

const modesInShort: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

function modesOf(modes: unknown): string {
  return Array.isArray(modes)
    ? modes.map((mode) => modesInShort[String(mode)] ?? String(mode)).join(',')
    : '';
}
