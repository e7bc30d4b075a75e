import type { Artifact, Attempt, Checkpoint } from '../../protocol/rows';

/** What the tree shows. Commands from its menus receive these: `run_id` and `checkpoint` are all they look at. */
export type RunsNode =
  | { kind: 'experiment'; name: string }
  | { kind: 'run'; run_id: string }
  | { kind: 'attempt'; run_id: string; attempt: Attempt }
  | { kind: 'checkpoints'; run_id: string; checkpoints: Checkpoint[] }
  | { kind: 'checkpoint'; run_id: string; checkpoint: Checkpoint }
  | { kind: 'artifacts'; run_id: string; artifacts: Artifact[] }
  | { kind: 'artifact'; run_id: string; artifact: Artifact }
  | { kind: 'more' };

/** Stays the same over refreshes, so that the tree keeps what is open and selected. */
export function nodeId(node: RunsNode): string {
  switch (node.kind) {
    case 'experiment':
      return `experiment/${node.name}`;
    case 'attempt':
      return `${node.run_id}/attempt/${node.attempt.n}`;
    case 'checkpoint':
      return `${node.run_id}/checkpoint/${node.checkpoint.id}`;
    case 'artifact':
      return `${node.run_id}/artifact/${node.artifact.path}`;
    case 'more':
      return 'more';
    case 'run':
      return node.run_id;
    default:
      return `${node.run_id}/${node.kind}`;
  }
}
