import type { Artifact, Attempt, Checkpoint } from '../../protocol/rows';

/** What the tree shows. Commands from its menus receive these: they only use `run_id` and `checkpoint`. */
export type RunsNode =
  | { kind: 'experiment'; name: string }
  | { kind: 'run'; run_id: string }
  | { kind: 'attempt'; run_id: string; attempt: Attempt }
  | { kind: 'checkpoints'; run_id: string; checkpoints: Checkpoint[] }
  | { kind: 'checkpoint'; run_id: string; checkpoint: Checkpoint; best: boolean }
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

/** The checkpoint that a command is meant for: a node's, or the id after a run id. */
export function checkpointOf([node, id]: unknown[]): string | undefined {
  if (isNode(node) && node.kind === 'checkpoint') return node.checkpoint.id;
  return typeof id === 'string' ? id : undefined;
}

/** The file behind a node. */
export function fileOf(node: unknown): { run_id: string; path: string } | undefined {
  if (!isNode(node)) return undefined;
  if (node.kind === 'artifact') return { run_id: node.run_id, path: node.artifact.file ?? node.artifact.path };
  return node.kind === 'checkpoint'
    ? { run_id: node.run_id, path: node.checkpoint.file ?? node.checkpoint.path }
    : undefined;
}

function isNode(value: unknown): value is RunsNode {
  return typeof value === 'object' && value !== null && 'kind' in value;
}
