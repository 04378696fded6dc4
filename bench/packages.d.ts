// Packages that only `npm run bench` installs, into bench/node_modules: the rest of the project is checked without them.
declare module 'alloc';
declare module 'echarts';
declare module 'malloc';
