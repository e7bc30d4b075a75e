/** Which room may enter which (docs/architecture.md). Type imports count: a shape shared is a dependency. */
const room = (name, from, to, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from },
  // Packages are the business of each room's bundle; this is about our own folders.
  to: { path: '^(src|webview|test|scripts)/', pathNot: to },
});

module.exports = {
  forbidden: [
    room('base', '^src/base/', ['^src/base/'], 'base imports nothing'),
    room('protocol', '^src/protocol/', ['^src/(protocol|base)/'], 'protocol imports base'),
    room('domain', '^src/domain/', ['^src/(domain|protocol|base)/'], 'domain imports base and protocol'),
    room('collector', '^src/collector/', ['^src/(collector|domain|protocol|base)/'], 'the collector knows no editor'),
    room(
      'language',
      '^src/language/',
      ['^src/(language|domain|protocol|base)/'],
      'the language server knows no editor',
    ),
    room('editor', '^src/editor/', ['^src/(editor|domain|protocol|base)/'], 'the editor only talks to the collector'),
    room(
      'composition',
      '^src/[^/]+\\.ts$',
      ['^src/([^/]+\\.ts$|editor/|domain/|protocol/|base/)'],
      'extension.ts, composition.ts and their parts wire the editor',
    ),
    room('webview', '^webview/', ['^webview/', '^src/(domain|protocol|base)/'], 'a webview only knows messages'),
    {
      name: 'siblings-in-the-collector',
      severity: 'error',
      comment: 'rooms of the collector meet in main.ts and worker.ts',
      from: { path: '^src/collector/([^/]+)/' },
      to: { path: '^src/collector/[^/]+/', pathNot: '^src/collector/$1/' },
    },
    {
      name: 'siblings-in-the-editor',
      severity: 'error',
      comment: 'features meet in composition.ts',
      from: { path: '^src/editor/([^/]+)/' },
      to: { path: '^src/editor/[^/]+/', pathNot: '^src/editor/$1/' },
    },
    {
      name: 'siblings-in-the-webview',
      severity: 'error',
      comment: 'panels share through webview/shared/',
      from: { path: '^webview/([^/]+)/' },
      to: { path: '^webview/[^/]+/', pathNot: '^webview/($1|shared)/' },
    },
    {
      name: 'composition-roots-are-not-imported',
      severity: 'error',
      from: { path: '^(src|webview)/', pathNot: '^src/[^/]+\\.ts$' },
      to: { path: '^src/([^/]+|collector/main|language/server)\\.ts$' },
    },
    {
      name: 'node-in-pure-rooms',
      severity: 'error',
      from: { path: '^(src/(base|protocol|domain)|webview)/' },
      to: { dependencyTypes: ['core'] },
    },
    { name: 'no-cycles', severity: 'error', from: { path: '^(src|webview)/' }, to: { circular: true } },
    { name: 'unresolved', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^vscode$' } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|node_modules)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
