/**
 * Inserts a numbered step before every statement of every function, and after every call inside a statement, so that a test
 * can stop the code at each of them. Knows JavaScript, nothing of gpu-buddy.
 *
 * Code that runs while a module is loaded gets no steps. Lines stay where they are.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'acorn';
import { fullAncestor } from 'acorn-walk';
import MagicString from 'magic-string';

/** @typedef {{ file: string, line: number, name: string }} Site where a step stands; `name` is that of the function */
/** @typedef {any} Node of acorn's syntax tree */
/**
 * @typedef {object} Limits by the names of functions
 * @property {ReadonlySet<string>} functions without steps
 * @property {ReadonlyMap<string, string>} lastCalls without steps from the call of this function on
 */

const HEADER = `const { step: __step, after: __after } = globalThis[Symbol.for('gpu-buddy.steps')]; `;
const FUNCTIONS = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'];
/** Statements whose parts are statements that need no braces. */
const BODIES = ['body', 'consequent', 'alternate'];

/** @type {Limits} */
const NO_LIMITS = { functions: new Set(), lastCalls: new Map() };

/**
 * @param {string} code of a CommonJS module
 * @param {string} file its name, for the sites
 * @param {Site[]} sites receives the sites; the number of a step is its place here
 * @param {Limits} [limits]
 */
export function instrument(code, file, sites, { functions, lastCalls } = NO_LIMITS) {
  const text = new MagicString(code);
  const program = /** @type {Node} */ (
    parse(code, { ecmaVersion: 'latest', sourceType: 'script', locations: true, allowHashBang: true })
  );
  /** Calls that are wrapped with the optional chain that they are part of. @type {Set<Node>} */
  const chained = new Set();

  /** @param {Node} node @param {Node[]} ancestors */
  const siteOf = (node, ancestors) =>
    sites.push({ file, line: node.loc.start.line, name: nameOf(ancestors) }) - 1;

  /** The places at which the last calls begin, by function. @type {Map<string, number>} */
  const ends = new Map();

  fullAncestor(program, (node, _state, ancestors) => {
    if (node.type === 'ChainExpression') for (const call of spineOf(node.expression)) chained.add(call);
    if (node.type !== 'CallExpression') return;
    const name = nameOf(ancestors);
    if (lastCalls.get(name) === (node.callee.name ?? node.callee.property?.name)) ends.set(name, node.start);
  });
  // Inner nodes come first: what is inserted for an outer one goes around it.
  fullAncestor(program, (/** @type {Node} */ node, _state, /** @type {Node[]} */ ancestors) => {
    if (node.type === 'ArrowFunctionExpression' && node.expression) {
      text.prependRight(node.body.start, `(__step(${siteOf(node.body, ancestors)}), `);
      text.appendLeft(node.body.end, ')');
    }
    if (!runsInFunction(node, ancestors)) return;
    const name = nameOf(ancestors);
    if (functions.has(name) || node.start >= (ends.get(name) ?? Infinity)) return;
    const parent = ancestors.at(-2);
    if (isStatementOfList(node, parent)) {
      text.prependRight(node.start, `__step(${siteOf(node, ancestors)}); `);
    } else if (isBareBody(node, parent)) {
      text.prependRight(node.start, `{ __step(${siteOf(node, ancestors)}); `);
      text.appendLeft(node.end, ' }');
    } else if (isCall(node) && !chained.has(node) && !isFollowedByStep(node, ancestors)) {
      text.prependRight(node.start, '__after(');
      text.appendLeft(node.end, `, ${siteOf(node, ancestors)})`);
    }
  });

  const [first] = program.body;
  if (first?.directive) text.appendLeft(first.end, ` ${HEADER}`);
  else text.prepend(HEADER);
  return text.toString();
}

/** The calls that `a?.b().c()` makes one after the other. @param {Node} node @returns {Node[]} */
function spineOf(node) {
  const inner = node.type === 'CallExpression' ? node.callee : node.object;
  const calls = inner && ['CallExpression', 'MemberExpression'].includes(inner.type) ? spineOf(inner) : [];
  return node.type === 'CallExpression' ? [...calls, node] : calls;
}

/** @param {Node} node @param {Node[]} ancestors the node last */
function runsInFunction(node, ancestors) {
  const around = ancestors
    .slice(0, -1)
    .findLast(({ type }) => FUNCTIONS.includes(type) || ['StaticBlock', 'PropertyDefinition'].includes(type));
  if (!around) return false;
  if (around.type === 'PropertyDefinition') return !around.static && ancestors.includes(around.value);
  return around.type !== 'StaticBlock';
}

/** @param {Node} node @param {Node | undefined} parent */
function isStatementOfList(node, parent) {
  if (node.directive || node.type === 'FunctionDeclaration' || node.type === 'EmptyStatement') return false;
  return parent?.type === 'BlockStatement' || (parent?.type === 'SwitchCase' && node !== parent.test);
}

/** Tells whether a statement stands alone where a block could. @param {Node} node @param {Node | undefined} parent */
function isBareBody(node, parent) {
  if (!parent || node.type === 'BlockStatement' || !/Statement$/.test(parent.type)) return false;
  return /Statement$/.test(node.type) && BODIES.some((part) => parent[part] === node);
}

/** @param {Node} node */
function isCall(node) {
  if (node.type === 'ChainExpression') return spineOf(node.expression).length > 0;
  return node.type === 'NewExpression' || (node.type === 'CallExpression' && node.callee.type !== 'Super');
}

/** Tells whether a call is a statement with another one behind it. @param {Node} node @param {Node[]} ancestors */
function isFollowedByStep(node, ancestors) {
  const [list, statement] = ancestors.slice(-3);
  if (statement?.type !== 'ExpressionStatement' || statement.expression !== node) return false;
  return list?.type === 'BlockStatement' && list.body.at(-1) !== statement;
}

/** `Class.method`, `function`, or what is nearest to it. @param {Node[]} ancestors */
function nameOf(ancestors) {
  const owner = ancestors.findLast(({ type }) => type === 'ClassDeclaration' || type === 'ClassExpression');
  const member = ancestors.findLast(
    ({ type }) => type === 'MethodDefinition' || type === 'PropertyDefinition',
  );
  const named = ancestors.findLast((node) => FUNCTIONS.includes(node.type) && node.id);
  if (!owner || !member) return named?.id.name ?? '(anonymous)';
  const variable = ancestors[ancestors.indexOf(owner) - 1];
  const className = owner.id?.name ?? variable?.id?.name ?? '(class)';
  const { key, computed } = member;
  const name = key.type === 'PrivateIdentifier' ? `#${key.name}` : (key.name ?? codeOf(key));
  return `${className}.${computed ? `[${name}]` : name}`;
}

/** @param {Node} key @returns {string} */
function codeOf(key) {
  return key.type === 'MemberExpression' ? `${codeOf(key.object)}.${codeOf(key.property)}` : String(key.name);
}

/**
 * Copies a folder of compiled modules, with steps.
 *
 * @param {string} from
 * @param {string} to
 * @param {(code: string) => boolean} wanted which files get steps
 * @param {Limits} limits
 * @returns {Site[]}
 */
export function instrumentFolder(from, to, wanted, limits) {
  /** @type {Site[]} */
  const sites = [];
  for (const name of readdirSync(from, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!name.endsWith('.js')) continue;
    const file = path.join(to, name);
    mkdirSync(path.dirname(file), { recursive: true });
    const code = readFileSync(path.join(from, name), 'utf8');
    writeFileSync(file, wanted(code) ? instrument(code, name, sites, limits) : code);
  }
  return sites;
}
