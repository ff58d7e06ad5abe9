/**
 * A step as people read it: what, on what, from where to where, and what is worth knowing.
 */

import type { MoveStep, ScaleInStep, ScaleOutStep, Step, SwitchoverStep } from '../plan.ts';
import { bytes, fact, listed, listFact, numberFact } from './explain-words.ts';

export type StepLine = {
  readonly kind: Step['kind'];
  readonly subject: string;
  /** `n1 -> new-z1-1`; empty for steps of a single node. */
  readonly path: string;
  readonly note: string;
};

/** A step in one line: kind, subject, from -> to, note. */
export function explainStep(step: Step): string {
  const { kind, subject, path, note } = stepLine(step);
  return [kind, subject, path, note].filter((part) => part !== '').join('  ');
}

/** The parts of that line, for tables. Members and pods are named without the namespace where it says nothing more. */
export function stepLine(step: Step): StepLine {
  switch (step.kind) {
    case 'fence':
    case 'unfence':
    case 'cordon':
    case 'release':
      return { kind: step.kind, subject: step.node, path: '', note: nodeNote(step) };
    case 'add-node':
      return { kind: step.kind, subject: step.node, path: '', note: `zone ${step.zone}` };
    case 'move':
      return {
        kind: step.kind,
        subject: step.pod,
        path: `${step.from} -> ${step.to}`,
        note: moveNote(step),
      };
    case 'switchover':
      return {
        kind: step.kind,
        subject: step.cluster,
        path: `${step.from} -> ${step.to}`,
        note: switchoverNote(step),
      };
    case 'scale-out':
    case 'scale-in':
      return { kind: step.kind, subject: step.cluster, path: scalePath(step), note: scaleNote(step) };
  }
}

function nodeNote(step: Step): string {
  if (step.kind === 'unfence')
    return `for a moment, to park ${fact(step.because.facts, 'pod', 'a pod')} there`;
  return '';
}

function moveNote(step: MoveStep): string {
  const { facts } = step.because;
  const volume = numberFact(facts, 'volumeBytes');
  const notes: string[] = [];
  if (step.outage) notes.push('OUTAGE: nobody can take over');
  if (step.because.code === 'parked') notes.push('parked, moves again later');
  const leaves = numberFact(facts, 'leaves');
  const of = numberFact(facts, 'of');
  // What matters about a replica that goes first is how much has to be there before the switchover; about the others, what is left.
  if (step.because.code === 'replica-first') notes.push(fact(facts, 'role', 'replica'));
  else if (!step.outage && leaves !== undefined && of !== undefined) notes.push(`leaves ${leaves} of ${of}`);
  if (volume !== undefined && step.because.code !== 'former-primary') notes.push(`${bytes(volume)} volume`);
  return [...notes, ...insideWindow(step)].join(', ');
}

function switchoverNote(step: SwitchoverStep): string {
  const { facts } = step.because;
  const lag = numberFact(facts, 'lagBytes');
  // Roles are those of the snapshot: a candidate that was primary then is a former one by now.
  const role = fact(facts, 'candidateRole', '').replace(/^primary$/, 'former primary');
  const behind = lag === undefined ? '' : `${bytes(lag)} behind`;
  return [role, behind, ...insideWindow(step)].filter((part) => part !== '').join(', ');
}

function insideWindow({ window }: { readonly window?: string }): readonly string[] {
  return window === undefined ? [] : [`inside its window ${window}`];
}

function scalePath(step: ScaleOutStep | ScaleInStep): string {
  return step.kind === 'scale-out' ? `${step.member} on ${step.node}` : `${step.member} off ${step.node}`;
}

function scaleNote(step: ScaleOutStep | ScaleInStep): string {
  return step.kind === 'scale-out' ? 'temporary member' : '';
}

/** Candidates that were passed over and why, `acid-a-2: not final yet`; empty where nobody else could be asked. */
export function passedOver(step: SwitchoverStep): string {
  const others = listFact(step.because.facts, 'passedOver');
  return others.length === 0 ? '' : listed(others, 8);
}
