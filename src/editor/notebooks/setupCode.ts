/** What makes a kernel track its cells: the client on its path, and `xtrack.notebook.track`. */
export interface KernelSetup {
  /** The folder that holds the client. */
  client: string;
  /** The `.xtrack` directory. */
  directory: string;
  /** Names the runs; undefined where the notebook is no file. */
  notebook: string | undefined;
  /** Ids of the cells whose executions are runs; null: every cell that trains. */
  cells: string[] | null;
  /** The next execution is one whatever its id, which not every kernel is told. */
  next: boolean;
}

/** One line that leaves no name behind in the notebook's own, and shows nothing. */
export function setupCode({ client, directory, notebook, cells, next }: KernelSetup): string {
  const path = '__import__("sys").path';
  const track = '__import__("xtrack.notebook").notebook.track';
  const known = [
    `directory=${literal(directory)}`,
    ...(notebook === undefined ? [] : [`notebook=${literal(notebook)}`]),
    ...(cells === null ? [] : [`cells=[${cells.map(literal).join(', ')}]`]),
  ];
  return [
    `${literal(client)} in ${path} or ${path}.insert(0, ${literal(client)})`,
    `${track}(${known.join(', ')})`,
    ...(next ? [`${track}(cells="next")`] : []),
  ]
    .map((statement) => `${statement};`)
    .join(' ');
}

/** JSON's strings are Python's, but for halves of surrogate pairs, which no text has. */
function literal(text: string): string {
  return JSON.stringify(text.replaceAll(/\p{Surrogate}/gu, '\ufffd'));
}
