import type * as vscode from 'vscode';
import { setting } from '../window/settings';

/** The environment variable with the patterns by which the supervisor extracts metrics from output. */
export function patternEnvironment(script: vscode.Uri): Record<string, string> {
  const given: unknown = setting('outputPatterns', script);
  const patterns = Array.isArray(given) ? given.filter((each) => typeof each === 'string' && each !== '') : [];
  return patterns.length > 0 ? { XTRACK_OUTPUT_PATTERNS: JSON.stringify(patterns) } : {};
}
