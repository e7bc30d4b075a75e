const { readFileSync } = require('node:fs');

/** Which room may enter which (docs/architecture.md). Type imports count: a shape shared is a dependency. */
const room = (name, from, to, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from },
  // Packages are the business of each room's bundle; this is about our own folders.
  to: { path: '^(src|webview|test|scripts)/', pathNot: to },
});

/** What each room of the collector may enter beside itself; `main.ts` and `worker.ts` are the entry points of its threads. */
const collectorRooms = (rooms) =>
  Object.entries(rooms).map(([name, others]) => ({
    name: `collector/${name}`,
    severity: 'error',
    comment: `${name} imports ${others.length > 0 ? others.join(', ') : 'no other room of the collector'}`,
    from: { path: `^src/collector/${name}/` },
    to: { path: '^src/collector/', pathNot: [name, ...others].map((each) => `^src/collector/${each}/`) },
  }));

/** Tabs of the panel, a folder each, as its list has them. */
const TABS = [...readFileSync('webview/panel/tabs.ts', 'utf8').matchAll(/from '\.\.\/(\w+)\//g)].map(
  ([, name]) => name,
);
const tabs = `^webview/(${TABS.join('|')})/`;
/** What a tab is, which tabs have to know; all else of the panel knows the tabs, or is none of their business. */
const CONTRACT = '^webview/panel/panelTab\\.ts$';

/** What each room of the webviews may enter beside itself. */
const webviewRoom = (name, from, to) => ({
  name: `webview/${name}`,
  severity: 'error',
  comment: `of the other rooms of the webviews: ${to.join(' ')}`,
  from: { path: from },
  to: { path: '^webview/', pathNot: to },
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
    webviewRoom('shared', '^webview/shared/', ['^webview/shared/']),
    webviewRoom('model', '^webview/model/', ['^webview/(model|shared)/']),
    webviewRoom('panelTab', CONTRACT, ['^webview/(model|shared)/']),
    webviewRoom('grid', '^webview/grid/', ['^webview/(grid|model|shared)/', CONTRACT]),
    webviewRoom('tabs', tabs, ['^webview/$1/', '^webview/(grid|model|shared)/', CONTRACT]),
    {
      name: 'tabs-reach-no-other',
      severity: 'error',
      comment: 'also not through other files: only panel/tabs.ts knows which tabs there are',
      from: { path: tabs },
      to: { path: tabs, pathNot: '^webview/$1/', reachable: true },
    },
    {
      name: 'only-the-list-knows-tabs',
      severity: 'error',
      comment: 'a tab is added by a folder and a line in panel/tabs.ts',
      from: { path: '^webview/', pathNot: [tabs, '^webview/panel/tabs\\.ts$'] },
      to: { path: tabs },
    },
    ...collectorRooms({
      contract: [],
      files: [],
      journal: ['files'],
      store: ['files'],
      ingest: ['files', 'journal'],
      api: ['contract', 'files'],
      projection: ['contract', 'files', 'journal', 'store'],
      server: ['contract', 'files', 'journal', 'ingest', 'api'],
    }),
    {
      name: 'siblings-in-the-editor',
      severity: 'error',
      comment: 'features meet in composition.ts',
      from: { path: '^src/editor/([^/]+)/' },
      to: { path: '^src/editor/[^/]+/', pathNot: '^src/editor/$1/' },
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
