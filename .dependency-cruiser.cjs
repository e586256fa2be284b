/** Folders of src from left to right; imports go left only. Folders that share a place may not import each other unless named. */
const ORDER = [
  ['common', 'env'],
  ['auth'],
  ['ssh', 'packages', 'config', 'cmdb', 'simulator'],
  ['clouds'],
  ['hosts'],
  ['proxies'],
  ['agents'],
  ['tasks'],
  ['logs'],
  ['installer', 'health'],
  ['launcher'],
];

const folder = (names) => `^src/(${names.join('|')})/`;
const rightOf = (place) => ORDER.slice(place + 1).flat();

const leftOnly = ORDER.slice(0, -1).map((names, place) => ({
  name: `left-only-${names.join('-')}`,
  severity: 'error',
  comment: 'Imports go left only: see docs/architecture.md.',
  from: { path: folder(names) },
  to: { path: folder(rightOf(place)) },
}));

module.exports = {
  forbidden: [
    ...leftOnly,
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'node-ssh-only-in-ssh',
      severity: 'error',
      from: { pathNot: '^src/ssh/' },
      to: { path: 'node_modules/node-ssh' },
    },
    {
      name: 'ssh2-only-in-ssh-and-simulator',
      severity: 'error',
      from: { pathNot: '^src/(ssh|simulator)/' },
      to: { path: 'node_modules/ssh2' },
    },
    {
      name: 'features-know-no-roots',
      severity: 'error',
      comment: 'Only the processes and the data source put everything together.',
      from: { path: '^src/[^/]+/', pathNot: '^src/(launcher|health)/' },
      to: { path: '^src/[^/]+\\.ts$' },
    },
    {
      name: 'not-to-tests',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^test/|\\.spec\\.ts$' },
    },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: false,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
