/** The same surface for ES modules: one instance of the classes, whoever loads them. */
export * from './index.js';
