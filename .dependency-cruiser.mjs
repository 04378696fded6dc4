// Rules of imports in lib/ for `npm run lint`, those of types among them; eslint.config.mjs has the rules between folders.
export default {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Files that import each other are one file, or want another cut.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'native-points-down',
      comment: 'Below lib/native/ stands the addon alone.',
      severity: 'error',
      from: { path: '^lib/native/' },
      to: { path: '^lib/', pathNot: '^lib/(native|addon)/|^lib/event-loop\\.ts$' },
    },
  ],
  options: { tsPreCompilationDeps: true, tsConfig: { fileName: 'tsconfig.json' } },
};
