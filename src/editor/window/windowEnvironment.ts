/** Variables of the editor, which would break Node or Electron if a script starts them. */
const EDITORS_OWN = /^(ELECTRON_|VSCODE_)/;

/** The window's whole environment, for a script that is launched from it. */
export function windowEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !EDITORS_OWN.test(name)) passed[name] = value;
  }
  return passed;
}
