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

/** Not even through other files: a type that is passed on, or a helper in between, is a dependency all the same. */
const neverReaches = (name, from, to, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from },
  to: { ...to, reachable: true },
});

/** What each shared room of the editor may enter beside itself; every other folder there is a feature. */
const EDITOR_SHARED = {
  manifest: [],
  window: ['manifest'],
  collectors: ['manifest', 'window'],
  python: ['manifest', 'window'],
  runs: ['manifest', 'window', 'collectors'],
};
const SHARED = Object.keys(EDITOR_SHARED).join('|');
/** Declarations, which import nothing but `manifest/`: their types may be used everywhere. */
const DECLARATIONS = '^src/editor/([^/]+/contribution|contributions)\\.ts$';

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
    neverReaches(
      'server-and-projection',
      '^src/collector/server/',
      { path: '^src/collector/projection/' },
      'the threads of the collector meet in contract',
    ),
    neverReaches(
      'projection-and-server',
      '^src/collector/projection/',
      { path: '^src/collector/server/' },
      'the threads of the collector meet in contract',
    ),
    neverReaches(
      'siblings-in-services',
      '^src/collector/server/services/([^/]+)/',
      { path: '^src/collector/server/services/[^/]+/', pathNot: '^src/collector/server/services/$1/' },
      'services meet in services.ts, through ports that they declare',
    ),
    ...Object.entries(EDITOR_SHARED).map(([name, others]) => ({
      name: `editor/${name}`,
      severity: 'error',
      comment: `${name} imports ${others.length > 0 ? others.join(', ') : 'no other room of the editor'}`,
      from: { path: `^src/editor/${name}/` },
      to: {
        path: '^src/editor/',
        pathNot: [DECLARATIONS, ...[name, ...others].map((each) => `^src/editor/${each}/`)],
      },
    })),
    neverReaches(
      'features-of-the-editor',
      `^src/editor/(?!(?:${SHARED})/)([^/]+)/`,
      { path: '^src/editor/', pathNot: [DECLARATIONS, `^src/editor/(?:$1|${SHARED})/`] },
      'features meet in composition.ts',
    ),
    {
      name: 'declarations-are-not-bundled',
      severity: 'error',
      comment: 'titles and descriptions are for package.json: import types of contributions alone',
      from: { path: '^src/', pathNot: DECLARATIONS },
      to: { path: DECLARATIONS, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'declarations-import-no-code',
      severity: 'error',
      from: { path: DECLARATIONS },
      to: { path: '^src/', pathNot: [DECLARATIONS, '^src/editor/manifest/'] },
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
