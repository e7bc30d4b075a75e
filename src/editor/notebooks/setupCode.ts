/** The code that makes a kernel track its cells: adds the client to its path and calls `xtrack.notebook.track`. */
export interface KernelSetup {
  /** The folder that holds the client. */
  client: string;
  /** The `.xtrack` directory. */
  directory: string;
  /** Names the runs; undefined if the notebook is not a file. */
  notebook: string | undefined;
  /** Ids of the cells whose executions are runs; null for every cell that trains. */
  cells: string[] | null;
  /** The next execution is a run whatever its cell id, which not every kernel receives. */
  next: boolean;
}

/** A single line that adds no name to the notebook's namespace and prints nothing. */
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

/** JSON strings are valid Python strings, apart from lone surrogates, which do not occur. */
function literal(text: string): string {
  return JSON.stringify(text.replaceAll(/\p{Surrogate}/gu, '\ufffd'));
}
