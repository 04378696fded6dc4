// Packages that only an example installs, into its own node_modules: the rest of the project is checked without them.
/// <reference types="@webgpu/types" />
declare module 'cli-table3';
declare module 'csv-parse/sync';
declare module 'd3-random';
declare module 'webgpu';
